#include "core/convert/mix.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/quant/fallback.h"

namespace cutaway {
namespace {

constexpr Mix kMixes[] = {
    {"F16", 1, FormatId::f16, "half precision"},
    {"BF16", 32, FormatId::bf16, "the upper half of F32"},
    {"Q8_0", 7, FormatId::q8_0, "8 bits, hardly to be told from F16"},
    {"Q6_K", 18, FormatId::q6_K, "6 bits"},
    {"Q5_K_M", 17, FormatId::q5_K, "5 bits, some tensors 6"},
    {"Q5_K_S", 16, FormatId::q5_K, "5 bits"},
    {"Q5_1", 9, FormatId::q5_1, "5 bits with a minimum, simple blocks"},
    {"Q5_0", 8, FormatId::q5_0, "5 bits, simple blocks"},
    {"Q4_K_M", 15, FormatId::q4_K, "4 bits, some tensors 6; what most people use"},
    {"Q4_K_S", 14, FormatId::q4_K, "4 bits, some tensors 5"},
    {"Q4_1", 3, FormatId::q4_1, "4 bits with a minimum, simple blocks"},
    {"Q4_0", 2, FormatId::q4_0, "4 bits, simple blocks; fast"},
    {"Q3_K_L", 13, FormatId::q3_K, "3 bits, some tensors 5"},
    {"Q3_K_M", 12, FormatId::q3_K, "3 bits, some tensors 4 and 5"},
    {"Q3_K_S", 11, FormatId::q3_K, "3 bits"},
    {"Q2_K", 10, FormatId::q2_K, "2 bits, some tensors 3 and 4"},
};

/// In which of its layers a kind of tensor gets other bits.
enum class When : std::uint8_t {
  always,
  firstTwo,
  firstFour,
  firstSixteenth,
  firstEighth,
  ends,        ///< the first and the last eighth, and every third between them
  sharedKeys,  ///< all, if four query heads or more share a key
  important,   ///< the first eighth, if an importance matrix is used
};
struct Rule {
  const char* mix;
  const char* tensor;
  When when;
  FormatId format;
};
/// The first that fits counts.
constexpr Rule kRules[] = {
    {"Q2_K", "attn_v.weight", When::sharedKeys, FormatId::q4_K},
    {"Q2_K", "attn_v.weight", When::always, FormatId::q3_K},
    {"Q2_K", "ffn_down", When::always, FormatId::q3_K},
    {"Q2_K", "attn_output.weight", When::always, FormatId::q3_K},
    {"Q3_K_M", "attn_v.weight", When::firstTwo, FormatId::q5_K},
    {"Q3_K_M", "attn_v.weight", When::always, FormatId::q4_K},
    {"Q3_K_M", "ffn_down", When::firstSixteenth, FormatId::q5_K},
    {"Q3_K_M", "ffn_down", When::always, FormatId::q4_K},
    {"Q3_K_M", "attn_output.weight", When::always, FormatId::q4_K},
    {"Q3_K_M", "attn_qkv.weight", When::always, FormatId::q4_K},
    {"Q3_K_L", "attn_v.weight", When::always, FormatId::q5_K},
    {"Q3_K_L", "ffn_down", When::always, FormatId::q5_K},
    {"Q3_K_L", "attn_output.weight", When::always, FormatId::q5_K},
    {"Q3_K_L", "attn_qkv.weight", When::always, FormatId::q4_K},
    {"Q4_K_S", "attn_v.weight", When::firstFour, FormatId::q5_K},
    {"Q4_K_S", "ffn_down", When::firstEighth, FormatId::q5_K},
    {"Q4_K_M", "attn_v.weight", When::ends, FormatId::q6_K},
    {"Q4_K_M", "ffn_down", When::ends, FormatId::q6_K},
    {"Q4_K_M", "attn_qkv.weight", When::always, FormatId::q5_K},
    {"Q5_K_M", "attn_v.weight", When::ends, FormatId::q6_K},
    {"Q5_K_M", "ffn_down", When::ends, FormatId::q6_K},
    {"Q5_K_M", "attn_qkv.weight", When::always, FormatId::q6_K},
    {"Q4_0", "ffn_down", When::important, FormatId::q4_1},
    {"Q5_0", "ffn_down", When::important, FormatId::q5_1},
};

bool equalIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::optional<std::int64_t> layerOf(std::string_view name) {
  if (!name.starts_with("blk.")) return std::nullopt;
  std::int64_t layer = 0;
  const auto parsed = std::from_chars(name.data() + 4, name.data() + name.size(), layer);
  if (parsed.ec != std::errc()) return std::nullopt;
  return layer;
}

bool isMatrix(const TensorInfo& tensor) {
  return tensor.shape.size() >= 2 && tensor.name.ends_with("weight") && !tensor.name.ends_with("_norm.weight");
}

/// What the rules ask about a model.
struct Facts {
  std::string family;
  std::uint64_t layers = 0, queryHeadsPerKey = 1;
  bool hasOutput = false, important = false;
};

Facts factsOf(const ModelFile& file, bool important) {
  Facts facts;
  facts.hasOutput = file.find("output.weight") != nullptr;
  facts.important = important;
  facts.family = file.metadata.stringOr("general.architecture", "").value_or("");
  const auto number = [&](const char* key, std::uint64_t fallback) {
    return file.metadata.uintOr(facts.family + key, fallback).value_or(fallback);
  };
  facts.layers = number(".block_count", 0);
  const std::uint64_t heads = number(".attention.head_count", 1);
  facts.queryHeadsPerKey = heads / std::max<std::uint64_t>(number(".attention.head_count_kv", heads), 1);
  return facts;
}

bool holds(When when, std::int64_t layer, const Facts& facts) {
  const auto layers = static_cast<std::int64_t>(facts.layers);
  switch (when) {
    case When::always: return true;
    case When::firstTwo: return layer < 2;
    case When::firstFour: return layer < 4;
    case When::firstSixteenth: return layer < layers / 16;
    case When::firstEighth: return layer < layers / 8;
    case When::ends: return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
    case When::sharedKeys: return facts.queryHeadsPerKey >= 4;
    case When::important: return facts.important && layer < layers / 8;
  }
  return false;
}

FormatId formatOf(const TensorInfo& tensor, const Mix& mix, const Facts& facts) {
  const bool isOutput = tensor.name == "output.weight" || (!facts.hasOutput && tensor.name == "token_embd.weight");
  if (isOutput) {
    if (tensor.columns() % numberFormat(mix.format).blockSize != 0) return FormatId::q8_0;
    return mix.format == FormatId::q8_0 ? FormatId::q8_0 : FormatId::q6_K;
  }
  FormatId format = mix.format;
  const std::int64_t layer = layerOf(tensor.name).value_or(0);
  for (const Rule& rule : kRules) {
    if (mix.name != std::string_view(rule.mix) || tensor.name.find(rule.tensor) == std::string::npos ||
        !holds(rule.when, layer, facts))
      continue;
    format = rule.format;
    break;
  }
  // Llama 2 and 3 of 70 billion: eight query heads share each value, so that this matrix is small and matters.
  const bool isLarge = facts.family == "llama" && facts.layers == 80 && facts.queryHeadsPerKey > 1;
  if (isLarge && tensor.name.ends_with("attn_v.weight") && (format == FormatId::q3_K || format == FormatId::q4_K))
    return FormatId::q5_K;
  return format;
}

}  // namespace

std::span<const Mix> mixes() { return kMixes; }

const Mix* findMix(std::string_view name) {
  const auto found = std::ranges::find_if(kMixes, [&](const Mix& mix) { return equalIgnoringCase(mix.name, name); });
  return found == std::end(kMixes) ? nullptr : found;
}

std::string mixNames() {
  std::string names;
  for (const Mix& mix : kMixes) names += concat(names.empty() ? "" : ", ", mix.name);
  return names;
}

std::vector<FormatChoice> chooseFormats(const ModelFile& file, const Mix& mix, bool pure, bool important) {
  const Facts facts = factsOf(file, important);
  const bool mixed = !pure && numberFormat(mix.format).blockSize > 1;
  std::vector<FormatChoice> choices;
  for (const TensorInfo& tensor : file.tensors) {
    FormatChoice choice{tensor.format, tensor.format};
    if (isMatrix(tensor)) {
      choice.wanted = mixed ? formatOf(tensor, mix, facts) : mix.format;
      choice.format = formatForRows(choice.wanted, tensor.columns());
    }
    choices.push_back(choice);
  }
  return choices;
}

}  // namespace cutaway
