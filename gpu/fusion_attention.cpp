// Projections, norms of heads, rotation and attention: one projection into a value that holds q, k and v side
// by side.
#include <algorithm>

#include "gpu/fusion_parts.h"
#include "gpu/ops/attention.h"

namespace cutaway::gpu {
namespace {

const RopeAttributes& ropeOf(const Node& node) { return std::get<RopeAttributes>(node.attributes); }

/// Where q and k lie once they are rotated, as they did before: for many rows in their old place, for one in
/// another, so that all of them can be seen.
Arena::Id rotatedPlace(ProgramBuilder& builder, const Fusion& fusion, Arena::Id qkv) {
  if (!builder.one()) return qkv;
  const auto width = [&](const Node* node) { return builder.context().rowElements(node->output); };
  const std::uint32_t keys = width(fusion.linears[0]), values = keys + width(fusion.linears[1]);
  const Arena::Id rotated = builder.scratch(std::uint64_t{values} * (fusion.headNorms.empty() ? 4 : 8));
  builder.holds(fusion.linears[0]->output, qkv, 0);
  builder.holds(fusion.linears[1]->output, qkv, keys);
  builder.holds(fusion.linears[2]->output, qkv, values);
  builder.holds(fusion.ropes[0]->output, rotated, 0);
  const std::uint32_t word = builder.tapWord(fusion.ropes[1]);
  builder.holds(fusion.ropes[1]->output, rotated, keys, word, kTapRotated);
  for (std::size_t i = 0; i < fusion.headNorms.size(); ++i)
    builder.holds(fusion.headNorms[i]->output, rotated, values + i * keys, word, kTapInner);
  return rotated;
}

/// Projections, rotation and cache in one launch, or one for each format.
Result<void> emitCachedAttention(ProgramBuilder& builder, const Fusion& fusion) {
  const Graph& graph = builder.context().graph;
  const std::uint32_t keys = builder.context().rowElements(fusion.linears[0]->output);
  const std::uint32_t stride = keys + builder.context().rowElements(fusion.linears[1]->output);
  const Operand x = builder.reads(inputOf(fusion));
  std::optional<Arena::Id> queries;
  for (const FusionPart& part : fusion.parts) {
    const Arena::Id rotated = builder.scratch(std::uint64_t{stride} * 4);
    if (!queries) queries = rotated;
    LinearCall call{.matrix = part.matrix,
                    .x = x,
                    .out = builder.scratchWrite(rotated),
                    .bias = fusion.bias,
                    .biasEnds = fusion.biasEnds,
                    .rope = &ropeOf(*fusion.ropes[0]),
                    .layer = std::get<AttentionAttributes>(fusion.anchor->attributes).layer};
    foldNorm(builder, fusion, call);
    const bool first = &part == &fusion.parts.front();
    foldTaps(builder, first ? fusion.norm : nullptr, part.linears, part.linears.front(), call);
    if (first) builder.holds(fusion.ropes[0]->output, rotated, 0);
    if (std::ranges::find(part.linears, fusion.linears[1]) != part.linears.end())
      builder.holds(fusion.ropes[1]->output, rotated, keys, call.tapWord, kTapRotated);
    builder.setKind(kindOf(graph, first ? fusion.norm : nullptr, part.linears) + ", rotation, cache");
    TRY(emitLinearCall(builder, call));
  }
  builder.setKind(kindOf(graph, *fusion.anchor));
  return emitAttentionRead(builder, *fusion.anchor, builder.scratchRead(*queries), stride);
}

}  // namespace

bool matchAttention(const Matcher& m, const Node& attention, Fusion& fusion) {
  const Node* ropeQ = m.swallowable(attention.inputs[0], Op::rope);
  const Node* ropeK = m.swallowable(attention.inputs[1], Op::rope);
  if (!ropeQ || !ropeK || ropeOf(*ropeQ).halves != ropeOf(*ropeK).halves) return false;
  const StepBuffers& steps = *m.context().steps;
  if (steps.ropeIndex(ropeOf(*ropeQ)) != steps.ropeIndex(ropeOf(*ropeK))) return false;
  fusion.ropes = {ropeQ, ropeK};
  const Node *normQ = m.swallowable(ropeQ->inputs[0], Op::rmsNorm),
             *normK = m.swallowable(ropeK->inputs[0], Op::rmsNorm);
  if ((normQ == nullptr) != (normK == nullptr) || (normQ && epsilonOf(*normQ) != epsilonOf(*normK)))
    return false;
  if (normQ) fusion.headNorms = {normQ, normK};
  fusion.linears = {m.swallowable((normQ ? normQ : ropeQ)->inputs[0], Op::linear),
                    m.swallowable((normK ? normK : ropeK)->inputs[0], Op::linear),
                    m.swallowable(attention.inputs[2], Op::linear)};
  for (const Node* linear : fusion.linears)
    if (!linear || linear->inputs[0] != fusion.linears[0]->inputs[0]) return false;
  if (!m.joinParts(fusion)) return false;
  fusion.norm = m.foldableNorm(fusion.linears[0]->inputs[0], 3);
  return true;
}

Result<void> emitFusedAttention(ProgramBuilder& builder, const Fusion& fusion) {
  const auto canStore = [&](const FusionPart& part) {
    return canStoreInCache(builder, part.matrix, ropeOf(*fusion.ropes[0]));
  };
  if (fusion.headNorms.empty() && std::ranges::all_of(fusion.parts, canStore))
    return emitCachedAttention(builder, fusion);
  const PlanContext& context = builder.context();
  const Graph& graph = context.graph;
  const std::uint32_t stride = fusion.parts.back().matrix.rows;
  const Arena::Id qkv = builder.scratch(std::uint64_t{builder.rowCapacity()} * stride * 4);
  const Operand x = builder.reads(inputOf(fusion));
  for (const FusionPart& part : fusion.parts) {
    const Node* norm = &part == &fusion.parts.front() ? fusion.norm : nullptr;
    LinearCall call{.matrix = part.matrix,
                    .x = x,
                    .out = builder.scratchWrite(qkv),
                    .outStride = stride,
                    .bias = fusion.bias,
                    .biasEnds = fusion.biasEnds};
    foldNorm(builder, fusion, call);
    foldTaps(builder, norm, {}, part.linears.front(), call);
    builder.setKind(kindOf(graph, norm, part.linears));
    TRY(emitLinearCall(builder, call));
  }

  const bool norms = !fusion.headNorms.empty();
  const auto weight = [&](std::size_t i) {
    return norms ? builder.fixedRead(context.tensor(fusion.headNorms[i]->weights[0]).vector)
                 : builder.nothing();
  };
  builder.setKind(norms ? "norms of heads, rotation, cache" : "rotation, cache");
  const RopeAttributes& rope = ropeOf(*fusion.ropes[0]);
  const Arena::Id rotated = rotatedPlace(builder, fusion, qkv);
  const std::uint32_t layer = std::get<AttentionAttributes>(fusion.anchor->attributes).layer;
  const RopeStoreParams params{.rowBase = 0,
                               .heads = graph.queryHeads,
                               .keyHeads = graph.keyValueHeads,
                               .headWidth = graph.headWidth,
                               .pairs = static_cast<std::uint32_t>(rope.frequency.size()),
                               .halves = rope.halves,
                               .tapWord = builder.tapWord(fusion.ropes[1]),
                               .epsilon = norms ? epsilonOf(*fusion.headNorms[0]) : 0};
  const std::uint32_t constants[] = {norms};
  TRY(builder.launch(
      Kernel::ropeStore, context.cache->shape().format, constants,
      {builder.fixedRead(context.steps->records()), builder.scratchRead(qkv),
       builder.fixedRead(context.steps->angles(context.steps->ropeIndex(rope))),
       builder.fixedWrite(context.cache->keys(layer)), builder.fixedWrite(context.cache->values(layer)),
       builder.scratchWrite(rotated), builder.tapWords(), weight(0), weight(1)},
      params, {builder.rowExtent(), Extent::of(graph.queryHeads + 2 * graph.keyValueHeads), {}}));
  builder.setKind(kindOf(graph, *fusion.anchor));
  return emitAttentionRead(builder, *fusion.anchor, builder.scratchRead(rotated), stride);
}

}  // namespace cutaway::gpu
