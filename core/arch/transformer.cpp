#include "core/arch/transformer.h"

#include <algorithm>
#include <cmath>

#include "core/arch/rope.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kLargestSize = 1u << 20;  ///< heads, widths; H * d is checked as well
constexpr std::uint64_t kLargestVocabulary = 1u << 24;
constexpr std::uint64_t kLargestContext = 1u << 30;

struct SizeReader {
  const ModelFile& file;
  std::string family;

  /// A size in [1, largest]; 0 as fallback means that the key must be there.
  Result<std::uint32_t> size(std::string_view name, std::uint64_t largest, std::uint64_t fallback = 0) const {
    const std::string key = concat(family, ".", name);
    const std::uint64_t value =
        fallback == 0 ? TRY(file.metadata.uint(key)) : TRY(file.metadata.uintOr(key, fallback));
    if (value == 0 || value > largest)
      return fail(ErrorKind::badInput, file.metadata.fileName(), ": ", key, " is ", value,
                  ", expected a number from 1 to ", largest);
    return static_cast<std::uint32_t>(value);
  }
};

Result<std::uint32_t> readVocabulary(const ModelFile& file) {
  const TensorInfo* table = file.find("token_embd.weight");
  if (table == nullptr)
    return fail(ErrorKind::badInput, file.metadata.fileName(), ": the tensor token_embd.weight is missing");
  if (table->rows() > kLargestVocabulary)
    return fail(ErrorKind::badInput, file.metadata.fileName(), ": token_embd.weight has ", table->rows(),
                " rows, expected at most ", kLargestVocabulary);
  return static_cast<std::uint32_t>(table->rows());
}

/// Every layer has tensors of its own, so that a count from damaged metadata cannot make a giant graph.
Result<std::uint32_t> readLayers(const SizeReader& reader) {
  const auto layers = TRY(reader.size("block_count", UINT32_MAX));
  if (layers > reader.file.tensors.size())
    return fail(ErrorKind::badInput, reader.file.metadata.fileName(), ": ", reader.family, ".block_count is ",
                layers, ", but the file holds only ", reader.file.tensors.size(), " tensors");
  return layers;
}

Result<void> readHeads(const SizeReader& reader, Config& config) {
  const std::string& name = reader.file.metadata.fileName();
  config.queryHeads = TRY(reader.size("attention.head_count", kLargestSize));
  config.keyValueHeads = TRY(reader.size("attention.head_count_kv", kLargestSize, config.queryHeads));
  if (config.queryHeads % config.keyValueHeads != 0)
    return fail(ErrorKind::badInput, name, ": ", config.queryHeads, " query heads cannot share ",
                config.keyValueHeads, " key-value heads evenly");
  const std::uint32_t usual = config.width / config.queryHeads;
  if (usual == 0 && !reader.file.metadata.has(reader.family + ".attention.key_length"))
    return fail(ErrorKind::badInput, name, ": a width of ", config.width, " leaves nothing for each of ",
                config.queryHeads, " heads");
  config.headWidth = TRY(reader.size("attention.key_length", kLargestSize, usual));
  const auto valueWidth = TRY(reader.size("attention.value_length", kLargestSize, config.headWidth));
  if (valueWidth != config.headWidth)
    return fail(ErrorKind::badInput, name, ": keys have a width of ", config.headWidth, " and values of ",
                valueWidth, "; only models where both are equal can be run");
  if (std::uint64_t{config.queryHeads} * config.headWidth > kLargestSize)
    return fail(ErrorKind::badInput, name, ": ", config.queryHeads, " heads of width ", config.headWidth,
                " make more than ", kLargestSize, " columns");
  return {};
}

/// Within a sliding window, attending to everything is exact; longer contexts would need a mask that no
/// supported family's files ask for, so the window bounds the context.
Result<std::uint32_t> readContext(const SizeReader& reader) {
  const auto context = TRY(reader.size("context_length", kLargestContext));
  const std::string key = reader.family + ".attention.sliding_window";
  const std::uint64_t window = TRY(reader.file.metadata.uintOr(key, 0));
  return window == 0 ? context : static_cast<std::uint32_t>(std::min<std::uint64_t>(context, window));
}

std::string_view biasName(const Config& c, std::string_view weight) {
  return c.attentionBias ? weight : std::string_view{};
}

}  // namespace

Result<Config> readTransformerConfig(const ModelFile& file, bool halves) {
  Config config;
  config.family = TRY(file.metadata.string("general.architecture"));
  const SizeReader reader{file, config.family};
  const std::uint64_t experts = TRY(file.metadata.uintOr(config.family + ".expert_count", 0));
  if (experts > 0)
    return fail(ErrorKind::badInput, file.metadata.fileName(), ": a mixture of ", experts,
                " experts; only models without experts can be run");
  config.layers = TRY(readLayers(reader));
  config.width = TRY(reader.size("embedding_length", kLargestSize));
  TRY(readHeads(reader, config));
  config.ffnWidth = TRY(reader.size("feed_forward_length", kLargestSize));
  config.vocabulary = TRY(readVocabulary(file));
  config.contextLength = TRY(readContext(reader));
  const std::string epsilonKey = config.family + ".attention.layer_norm_rms_epsilon";
  const double epsilon = TRY(file.metadata.number(epsilonKey));
  if (!(epsilon >= 0 && epsilon < 1))
    return fail(ErrorKind::badInput, file.metadata.fileName(), ": ", epsilonKey, " is ", epsilon,
                ", expected a number from 0 to 1");
  config.normEpsilon = static_cast<float>(epsilon);
  config.rope = TRY(readRope(file, config.family, config.headWidth, halves));
  config.tiedOutput = file.find("output.weight") == nullptr;
  config.attentionBias = file.find("blk.0.attn_q.bias") != nullptr;
  config.outputBias = file.find("blk.0.attn_output.bias") != nullptr;
  return config;
}

GraphBuilder::Sizes sizesOf(const Config& c) {
  return {c.layers, c.width, c.queryHeads, c.keyValueHeads, c.headWidth, c.vocabulary};
}

ValueId project(GraphBuilder& g, const Config& c, std::string_view name, ValueId x, std::string_view weight,
                std::uint32_t heads) {
  return g.linear(name, x, weight, heads * c.headWidth, biasName(c, weight), heads);
}

ValueId attend(GraphBuilder& g, const Config& c, ValueId x, ValueId q, ValueId k, ValueId v) {
  const ValueId z = g.attention("attn.z", q, k, v, 1.0f / std::sqrt(static_cast<float>(c.headWidth)));
  const ValueId out = g.linear("attn.out", z, "attn_output", c.width, c.outputBias ? "attn_output" : "");
  return g.add("resid_mid", x, out);
}

ValueId feedForward(GraphBuilder& g, const Config& c, ValueId x) {
  const ValueId h = g.rmsNorm("ffn.norm", x, "ffn_norm", c.normEpsilon);
  const ValueId gate = g.linear("ffn.gate", h, "ffn_gate", c.ffnWidth);
  const ValueId up = g.linear("ffn.up", h, "ffn_up", c.ffnWidth);
  const ValueId act = g.swiglu("ffn.act", gate, up);
  const ValueId out = g.linear("ffn.out", act, "ffn_down", c.width);
  return g.add("resid_post", x, out);
}

void predict(GraphBuilder& g, const Config& c, ValueId x) {
  g.noLayer();
  const ValueId last = g.pickRows("resid_final", x);
  const ValueId h = g.rmsNorm("final_norm", last, "output_norm", c.normEpsilon);
  g.linear("logits", h, c.tiedOutput ? "token_embd" : "output", c.vocabulary);
}

}  // namespace cutaway
