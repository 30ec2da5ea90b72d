#include "core/format/hf_writer.h"

#include <algorithm>
#include <cmath>

#include "core/base/utf8.h"
#include "core/format/hugging_face.h"

namespace cutaway::hf {
namespace {

using Json = nlohmann::ordered_json;

const Family* familyNamed(const std::string& name) {
  const auto found = std::ranges::find(families(), name, [](const Family& family) { return std::string(family.family); });
  return found == families().end() ? nullptr : &*found;
}

/// Numbers of F32 in their shortest form, 1e-05 and not 9.999999747378752e-06.
double shortest(double value) {
  for (int digits = 1; digits < 9; ++digits) {
    const double power = std::pow(10.0, digits - 1 - std::floor(std::log10(std::abs(value))));
    const double candidate = std::round(value * power) / power;
    if (static_cast<float>(candidate) == static_cast<float>(value)) return candidate;
  }
  return value;
}

Result<void> addScaling(const Metadata& metadata, const std::string& rope, Json& config) {
  const std::string type = TRY(metadata.stringOr(rope + "scaling.type", "none"));
  const double factor = TRY(metadata.numberOr(rope + "scaling.factor", 1));
  config["rope_scaling"] = nullptr;
  if (type == "linear" && factor != 1 && factor != 0) config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", shortest(factor)}};
  if (type == "yarn") {
    Json scaling = {{"rope_type", "yarn"}, {"factor", shortest(factor)}};
    if (const std::string key = rope + "scaling.original_context_length"; metadata.has(key))
      scaling["original_max_position_embeddings"] = TRY(metadata.uint(key));
    config["rope_scaling"] = std::move(scaling);
  }
  return {};
}

/// A step of tokenizer.json's pre-tokenizer, and the byte alphabet behind it.
Result<Json> preTokenizer(const std::string& rule, bool& ignoreMerges) {
  ignoreMerges = false;
  const auto byteLevel = [](bool useRegex) {
    return Json{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", useRegex}};
  };
  const auto sequence = [&](Json first, bool useRegex) {
    return Json{{"type", "Sequence"}, {"pretokenizers", Json::array({std::move(first), byteLevel(useRegex)})}};
  };
  if (rule == "gpt-2") return byteLevel(true);
  if (rule == "smollm") return sequence({{"type", "Digits"}, {"individual_digits", true}}, true);
  for (const SplitPattern& row : splitPatterns())
    if (rule == row.rule) {
      ignoreMerges = row.wholeWords;
      return sequence({{"type", "Split"}, {"pattern", {{"Regex", row.pattern}}}, {"behavior", "Isolated"}, {"invert", false}}, false);
    }
  return fail(ErrorKind::badInput, "the split rule ", inQuotes(rule), " cannot be written as tokenizer.json");
}

std::string tokenText(const std::vector<std::string>& tokens, const Metadata& metadata, const char* key) {
  const auto id = metadata.uintOr(key, UINT64_MAX);
  return id && *id < tokens.size() ? tokens[*id] : std::string();
}

}  // namespace

std::uint64_t interleavedHeads(const Metadata& metadata, std::string_view name) {
  const std::string family = metadata.stringOr("general.architecture", "").value_or("");
  const Family* row = familyNamed(family);
  if (row == nullptr || !row->pairsInterleaved) return 0;
  const std::string heads = family + ".attention.head_count";
  if (name.contains(".attn_q.")) return metadata.uintOr(heads, 0).value_or(0);
  if (name.contains(".attn_k.")) return metadata.uintOr(heads + "_kv", metadata.uintOr(heads, 0).value_or(0)).value_or(0);
  return 0;
}

Result<Json> makeConfig(const ModelFile& file) {
  const Metadata& m = file.metadata;
  const std::string family = TRY(m.string("general.architecture"));
  const Family* row = familyNamed(family);
  if (row == nullptr) return fail(ErrorKind::badInput, m.fileName(), ": the family ", inQuotes(family), " has no Hugging Face form here");
  if (file.find("rope_freqs.weight") != nullptr)
    return fail(ErrorKind::badInput, m.fileName(), ": its rotary factors cannot be written as config.json; quantize the Hugging Face directory instead");
  const std::string p = family + ".";
  const auto size = [&](const std::string& key) { return m.uint(p + key); };
  const std::uint64_t heads = TRY(size("attention.head_count")), width = TRY(size("embedding_length"));
  const TensorInfo* table = file.find("token_embd.weight");
  const std::uint64_t ffn = TRY(size("feed_forward_length")), layers = TRY(size("block_count")), context = TRY(size("context_length"));
  const std::uint64_t keyHeads = TRY(m.uintOr(p + "attention.head_count_kv", heads));
  const std::uint64_t headWidth = TRY(m.uintOr(p + "attention.key_length", width / std::max<std::uint64_t>(heads, 1)));
  const double epsilon = TRY(m.number(p + "attention.layer_norm_rms_epsilon")), base = TRY(m.numberOr(p + "rope.freq_base", 10000));
  const char* architecture = family == "llama" ? "LlamaForCausalLM" : family == "qwen2" ? "Qwen2ForCausalLM" : "Qwen3ForCausalLM";
  Json config = {{"architectures", Json::array({architecture})},
                 {"model_type", row->modelType},
                 {"hidden_act", "silu"},
                 {"hidden_size", width},
                 {"intermediate_size", ffn},
                 {"num_hidden_layers", layers},
                 {"num_attention_heads", heads},
                 {"num_key_value_heads", keyHeads},
                 {"head_dim", headWidth},
                 {"max_position_embeddings", context},
                 {"rms_norm_eps", shortest(epsilon)},
                 {"rope_theta", shortest(base)},
                 {"vocab_size", table == nullptr ? 0 : table->rows()},
                 {"tie_word_embeddings", file.find("output.weight") == nullptr},
                 {"attention_bias", file.find("blk.0.attn_q.bias") != nullptr},
                 {"torch_dtype", "float16"}};
  TRY(addScaling(m, p + "rope.", config));
  for (const auto& [key, name] : {std::pair("tokenizer.ggml.bos_token_id", "bos_token_id"), std::pair("tokenizer.ggml.eos_token_id", "eos_token_id")})
    if (m.has(key)) config[name] = TRY(m.uint(key));
  return config;
}

Result<TokenizerFiles> makeTokenizer(const Metadata& metadata) {
  if (TRY(metadata.string("tokenizer.ggml.model")) != "gpt2")
    return fail(ErrorKind::badInput, metadata.fileName(), ": a SentencePiece tokenizer cannot be written as tokenizer.json; quantize the Hugging Face directory instead");
  const std::vector<std::string>& tokens = *TRY(metadata.strings("tokenizer.ggml.tokens"));
  const std::vector<std::string>& merges = *TRY(metadata.strings("tokenizer.ggml.merges"));
  const auto kinds = metadata.has("tokenizer.ggml.token_type") ? TRY(metadata.integers("tokenizer.ggml.token_type")) : std::vector<std::int64_t>(tokens.size(), 1);
  bool ignoreMerges = false;
  const std::string rule = TRY(metadata.stringOr("tokenizer.ggml.pre", "default"));
  Json split = TRY(preTokenizer(rule, ignoreMerges));
  const std::uint64_t bosId = TRY(metadata.uintOr("tokenizer.ggml.bos_token_id", 0));
  Json vocabulary = Json::object(), added = Json::array();
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const std::int64_t kind = id < kinds.size() ? kinds[id] : 1;
    if (kind == 3 || kind == 4 || kind == 2)
      added.push_back({{"id", id}, {"content", tokens[id]}, {"single_word", false}, {"lstrip", false}, {"rstrip", false}, {"normalized", false}, {"special", kind != 4}});
    else
      vocabulary[tokens[id]] = id;
  }
  TokenizerFiles files;
  const bool addsBos = TRY(metadata.booleanOr("tokenizer.ggml.add_bos_token", false));
  const std::string bos = tokenText(tokens, metadata, "tokenizer.ggml.bos_token_id"), eos = tokenText(tokens, metadata, "tokenizer.ggml.eos_token_id");
  files.tokenizer = {{"version", "1.0"}, {"truncation", nullptr}, {"padding", nullptr}, {"added_tokens", std::move(added)}, {"normalizer", nullptr}, {"pre_tokenizer", std::move(split)},
                     {"post_processor", nullptr}, {"decoder", {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}}},
                     {"model", {{"type", "BPE"}, {"dropout", nullptr}, {"unk_token", nullptr}, {"fuse_unk", false}, {"byte_fallback", false}, {"ignore_merges", ignoreMerges}, {"vocab", std::move(vocabulary)}, {"merges", merges}}}};
  if (addsBos && !bos.empty())
    files.tokenizer["post_processor"] = {{"type", "TemplateProcessing"},
                                         {"single", Json::array({{{"SpecialToken", {{"id", bos}, {"type_id", 0}}}}, {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}})},
                                         {"pair", Json::array({{{"Sequence", {{"id", "A"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "B"}, {"type_id", 1}}}}})},
                                         {"special_tokens", {{bos, {{"id", bos}, {"ids", Json::array({bosId})}, {"tokens", Json::array({bos})}}}}}};
  files.settings = {{"tokenizer_class", "PreTrainedTokenizerFast"}};
  if (!bos.empty()) files.settings["bos_token"] = bos;
  if (!eos.empty()) files.settings["eos_token"] = eos;
  if (const std::string text = TRY(metadata.stringOr("tokenizer.chat_template", "")); !text.empty()) files.settings["chat_template"] = text;
  return files;
}

}  // namespace cutaway::hf
