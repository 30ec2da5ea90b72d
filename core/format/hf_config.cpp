#include <cmath>
#include <numbers>

#include "core/base/utf8.h"
#include "core/format/hugging_face.h"

namespace cutaway::hf {
namespace {

constexpr Family kFamilies[] = {
    {"llama", "llama", true},
    {"mistral", "llama", true},
    {"qwen2", "qwen2", false},
    {"qwen3", "qwen3", false},
};

Result<Family> findFamily(const JsonObject& config) {
  const std::string type = TRY(config.string("model_type"));
  std::string known;
  for (const Family& family : kFamilies) {
    if (type == family.modelType) return family;
    known += concat(known.empty() ? "" : ", ", family.modelType);
  }
  return config.wrong("model_type", "is ", inQuotes(type), ", which cannot be run; known are ", known);
}

/// Writes under "llama.", "qwen2.", ..
struct Writer {
  std::string family;
  Metadata& metadata;
  void uint(std::string_view name, std::uint64_t value) const {
    metadata.set(concat(family, ".", name), {MetaType::u32, value});
  }
  void number(std::string_view name, double value) const {
    metadata.set(concat(family, ".", name), {MetaType::f32, static_cast<double>(static_cast<float>(value))});
  }
  void string(std::string_view name, std::string value) const {
    metadata.set(concat(family, ".", name), {MetaType::string, std::move(value)});
  }
};

constexpr std::uint64_t kLargestSize = 1u << 30;

Result<std::uint64_t> size(const JsonObject& config, std::string_view key, std::uint64_t fallback = 0) {
  const std::uint64_t value = fallback == 0 ? TRY(config.uint(key)) : TRY(config.uintOr(key, fallback));
  if (value == 0 || value > kLargestSize) return config.wrong(key, "is ", value, ", expected a number from 1 to ", kLargestSize);
  return value;
}

Result<double> positive(const JsonObject& object, std::string_view key) {
  const double value = TRY(object.number(key));
  if (!(std::isfinite(value) && value > 0)) return object.wrong(key, "is ", value, ", expected a number above 0");
  return value;
}

/// llama3 scaling: slow pairs are divided by the factor, fast ones stay, with a ramp between. Source: transformers,
/// modeling_rope_utils.py.
Result<std::vector<float>> llama3Factors(const JsonObject& scaling, double base, std::uint64_t width) {
  const double factor = TRY(positive(scaling, "factor"));
  const double low = TRY(positive(scaling, "low_freq_factor")), high = TRY(positive(scaling, "high_freq_factor"));
  const double original = TRY(positive(scaling, "original_max_position_embeddings"));
  if (high <= low) return scaling.wrong("high_freq_factor", "is ", high, ", expected more than low_freq_factor, ", low);
  std::vector<float> factors;
  for (std::uint64_t pair = 0; pair < width / 2; ++pair) {
    const double wavelength = 2 * std::numbers::pi * std::pow(base, 2.0 * static_cast<double>(pair) / static_cast<double>(width));
    double divisor = 1;
    if (wavelength > original / low) {
      divisor = factor;
    } else if (wavelength >= original / high) {
      const double smooth = (original / wavelength - low) / (high - low);
      divisor = 1 / ((1 - smooth) / factor + smooth);
    }
    factors.push_back(static_cast<float>(divisor));
  }
  return factors;
}

Result<void> readYarn(const JsonObject& scaling, double factor, const Writer& out) {
  out.string("rope.scaling.type", "yarn");
  if (scaling.has("mscale") || scaling.has("mscale_all_dim"))
    return scaling.wrong("mscale", "changes attention in a way that is not supported");
  if (scaling.has("original_max_position_embeddings"))
    out.uint("rope.scaling.original_context_length", TRY(size(scaling, "original_max_position_embeddings")));
  for (const auto& [from, to] : {std::pair("beta_fast", "rope.scaling.yarn_beta_fast"), std::pair("beta_slow", "rope.scaling.yarn_beta_slow")})
    if (scaling.has(from)) out.number(to, TRY(positive(scaling, from)));
  // The reader of rotary metadata multiplies by yarn's usual magnitude; a given one stands in its place.
  if (scaling.has("attention_factor"))
    out.number("rope.scaling.attn_factor", TRY(positive(scaling, "attention_factor")) / (1 + 0.1 * std::log(factor)));
  return {};
}

Result<std::vector<float>> readScaling(const JsonObject& scaling, double base, std::uint64_t headWidth, const Writer& out) {
  const std::string old = TRY(scaling.stringOr("type", "default"));
  const std::string type = TRY(scaling.stringOr("rope_type", old));
  if (type == "default") return std::vector<float>();
  if (type == "llama3") return llama3Factors(scaling, base, headWidth);
  if (type != "linear" && type != "yarn")
    return scaling.wrong("rope_type", "is ", inQuotes(type), "; default, linear, yarn and llama3 are supported");
  const double factor = TRY(positive(scaling, "factor"));
  out.number("rope.scaling.factor", factor);
  if (type == "linear")
    out.string("rope.scaling.type", "linear");
  else
    TRY(readYarn(scaling, factor, out));
  return std::vector<float>();
}

/// transformers 5 moved base and scaling to "rope_parameters".
Result<std::vector<float>> readRope(const JsonObject& config, std::uint64_t headWidth, const Writer& out) {
  const auto parameters = TRY(config.object("rope_parameters"));
  const JsonObject& place = parameters && parameters->has("rope_theta") ? *parameters : config;
  const double base = place.has("rope_theta") ? TRY(positive(place, "rope_theta")) : 10000;
  out.number("rope.freq_base", base);
  out.uint("rope.dimension_count", headWidth);
  if (parameters) return readScaling(*parameters, base, headWidth, out);
  const auto scaling = TRY(config.object("rope_scaling"));
  if (scaling) return readScaling(*scaling, base, headWidth, out);
  return std::vector<float>();
}

Result<void> refuseVariants(const JsonObject& config) {
  const std::string activation = TRY(config.stringOr("hidden_act", "silu"));
  if (activation != "silu") return config.wrong("hidden_act", "is ", inQuotes(activation), ", expected \"silu\"");
  if (TRY(config.booleanOr("mlp_bias", false))) return config.wrong("mlp_bias", "is true; biases in the feed-forward part are not supported");
  if (TRY(config.uintOr("num_experts", 0)) > 0 || TRY(config.uintOr("num_local_experts", 0)) > 0)
    return fail(ErrorKind::badInput, config.file(), ": a mixture of experts; only models without experts can be run");
  return {};
}

}  // namespace

std::span<const Family> families() { return kFamilies; }

Result<ModelConfig> readConfig(const JsonObject& config, Metadata& metadata) {
  const Family family = TRY(findFamily(config));
  ModelConfig model{family, 0, 0, false, false, {}};
  TRY(refuseVariants(config));
  const Writer out{model.family.family, metadata};
  metadata.set("general.architecture", {MetaType::string, out.family});
  const std::uint64_t width = TRY(size(config, "hidden_size")), context = TRY(size(config, "max_position_embeddings"));
  model.queryHeads = TRY(size(config, "num_attention_heads"));
  model.keyValueHeads = TRY(size(config, "num_key_value_heads", model.queryHeads));
  const std::uint64_t headWidth = TRY(size(config, "head_dim", std::max<std::uint64_t>(1, width / model.queryHeads)));
  constexpr std::uint64_t kLargestHead = 1u << 16;
  if (headWidth > kLargestHead) return config.wrong("head_dim", "is ", headWidth, ", expected at most ", kLargestHead);
  out.uint("context_length", context);
  out.uint("embedding_length", width);
  const std::uint64_t layers = TRY(size(config, "num_hidden_layers")), ffn = TRY(size(config, "intermediate_size"));
  out.uint("block_count", layers);
  out.uint("feed_forward_length", ffn);
  out.uint("attention.head_count", model.queryHeads);
  out.uint("attention.head_count_kv", model.keyValueHeads);
  out.uint("attention.key_length", headWidth);
  out.uint("attention.value_length", headWidth);
  out.number("attention.layer_norm_rms_epsilon", TRY(config.numberOr("rms_norm_eps", 1e-6)));
  if (config.has("vocab_size")) out.uint("vocab_size", TRY(size(config, "vocab_size")));
  const bool windowed = TRY(config.booleanOr("use_sliding_window", std::string_view(model.family.modelType) == "mistral"));
  if (windowed && config.has("sliding_window")) out.uint("attention.sliding_window", TRY(size(config, "sliding_window")));
  model.ropeFactors = TRY(readRope(config, headWidth, out));
  model.attentionBias = TRY(config.booleanOr("attention_bias", std::string_view(model.family.modelType) == "qwen2"));
  model.tiedOutput = TRY(config.booleanOr("tie_word_embeddings", false));
  return model;
}

}  // namespace cutaway::hf
