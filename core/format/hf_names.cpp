// Names of modules: transformers' and GGUF's.
#include <algorithm>
#include <charconv>

#include "core/format/hugging_face.h"

namespace cutaway::hf {
namespace {

struct NamePair {
  std::string_view hf, gguf;
};
constexpr NamePair kOutside[] = {
    {"model.embed_tokens", "token_embd"}, {"model.norm", "output_norm"}, {"lm_head", "output"}};
constexpr NamePair kInLayers[] = {
    {"input_layernorm", "attn_norm"},      {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},        {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"},   {"self_attn.q_norm", "attn_q_norm"},
    {"self_attn.k_norm", "attn_k_norm"},   {"post_attention_layernorm", "ffn_norm"},
    {"mlp.gate_proj", "ffn_gate"},         {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
};
constexpr std::string_view kHfLayer = "model.layers.", kGgufLayer = "blk.";

/// "3.mlp.up_proj" behind the prefix; an empty part where the number is none.
std::pair<std::string_view, std::string_view> numberAndPart(std::string_view rest) {
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot > 6) return {};
  std::uint32_t layer = 0;
  const std::string_view digits = rest.substr(0, dot);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), layer);
  if (error != std::errc() || end != digits.data() + digits.size() || (dot > 1 && digits[0] == '0')) return {};
  return {digits, rest.substr(dot + 1)};
}

std::string translate(std::string_view name, std::string_view NamePair::*from, std::string_view NamePair::*to,
                      std::string_view fromLayer, std::string_view toLayer) {
  for (const NamePair& row : kOutside)
    if (row.*from == name) return std::string(row.*to);
  if (!name.starts_with(fromLayer)) return {};
  const auto [number, part] = numberAndPart(name.substr(fromLayer.size()));
  const auto row = std::ranges::find(kInLayers, part, from);
  return row == std::end(kInLayers) ? std::string() : concat(toLayer, number, ".", (*row).*to);
}

}  // namespace

std::string ggufModule(std::string_view module) {
  return translate(module, &NamePair::hf, &NamePair::gguf, kHfLayer, kGgufLayer);
}

std::string hfModule(std::string_view module) {
  return translate(module, &NamePair::gguf, &NamePair::hf, kGgufLayer, kHfLayer);
}

}  // namespace cutaway::hf
