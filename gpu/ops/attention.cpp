// attention: keys and values to the cache, then softmax(q k^T) v from it.
#include "gpu/ops/attention.h"

#include <algorithm>

#include "gpu/op_table.h"

namespace cutaway::gpu {
namespace {

constexpr std::uint32_t kQueries = 8;  ///< of a tile, about: more share loads, but need more registers
constexpr std::uint32_t kMaxOwnedHeads =
    4;  ///< per key, up to which lanes that own cells beat lanes that own queries

std::uint32_t headsPerKey(const Graph& graph) { return graph.queryHeads / graph.keyValueHeads; }

/// Lanes that own queries: for many tokens, or many heads per key.
Result<void> emitRows(ProgramBuilder& builder, const AttentionParams& params, std::vector<Operand> operands) {
  const PlanContext& context = builder.context();
  const Graph& graph = context.graph;
  const std::uint32_t lanes = context.kernels->laneCount();
  const std::uint32_t tile = builder.one() ? 1 : context.tileTokens;
  const std::uint32_t constants[] = {graph.headWidth, headsPerKey(graph), builder.one()};
  operands.erase(operands.begin() + 7, operands.begin() + 9);  // it is never split
  return builder.launch(Kernel::attentionRows, context.cache->shape().format, constants, std::move(operands),
                        params,
                        {Extent::of(graph.keyValueHeads), builder.one() ? Extent::of(1) : Extent::tiles(),
                         Extent::of((tile * headsPerKey(graph) + lanes - 1) / lanes)});
}

}  // namespace

std::uint32_t attentionTileTokens(const Graph& graph, LaneClass lanes) {
  return lanes == LaneClass::lanes8 ? kQueries : std::max(1u, kQueries / headsPerKey(graph));
}

std::uint64_t attentionPartFloats(const Graph& graph, FormatId cacheFormat) {
  const std::uint64_t perPiece = cacheFormat == FormatId::f16 ? 8 : 4;
  const std::uint64_t padded = (graph.headWidth + perPiece - 1) / perPiece * perPiece;
  const std::uint64_t rows = headsPerKey(graph);
  return (2 * rows + 3) / 4 * 4 + rows * padded;
}

Result<void> emitAttentionRead(ProgramBuilder& builder, const Node& node, const Operand& q,
                               std::uint32_t qStride) {
  const PlanContext& context = builder.context();
  const Graph& graph = context.graph;
  const auto& attributes = std::get<AttentionAttributes>(node.attributes);
  const AttentionParams params{.rowBase = 0,
                               .keyHeads = graph.keyValueHeads,
                               .qStride = qStride,
                               .outStride = graph.queryHeads * graph.headWidth,
                               .maxSplits = context.attentionSplits,
                               .scale = attributes.scale,
                               .tapWord = builder.tapWord(&node)};
  const std::uint64_t cellBytes = std::uint64_t{graph.keyValueHeads} * graph.headWidth *
                                  (context.cache->shape().format == FormatId::f16 ? 2 : 4);
  const auto cells = [&](const Slice& slice) {
    return Operand{Operand::kFixed, slice, true, false, 0, 0, cellBytes};
  };
  std::vector<Operand> operands = {
      builder.fixedRead(context.steps->records()),
      builder.fixedRead(context.steps->tiles()),
      builder.fixedRead(context.steps->pages()),
      q,
      cells(context.cache->keys(attributes.layer)),
      cells(context.cache->values(attributes.layer)),
      builder.writes(node.output),
      builder.fixedUpdate(context.attentionParts),
      builder.fixedUpdate(context.attentionArrivals),
      builder.tapWords(),
  };
  operands.push_back(builder.one() ? builder.fixedWrite(context.tapScores)
                                   : operands[6]);  // never written there
  if (context.kernels->lanes() == LaneClass::lanes8 &&
      (!builder.one() || headsPerKey(graph) > kMaxOwnedHeads))
    return emitRows(builder, params, std::move(operands));
  const bool split = builder.one() && context.attentionSplits > 1;
  const std::uint32_t constants[] = {graph.headWidth, headsPerKey(graph),
                                     builder.one() ? 1 : context.tileTokens, split, builder.one()};
  return builder.launch(Kernel::attention, context.cache->shape().format, constants, std::move(operands),
                        params,
                        {Extent::of(graph.keyValueHeads), builder.one() ? Extent::of(1) : Extent::tiles(),
                         split ? Extent::splits() : Extent::of(1)});
}

Result<void> emitAttention(ProgramBuilder& builder, const Node& node) {
  const PlanContext& context = builder.context();
  const Graph& graph = context.graph;
  const auto& attributes = std::get<AttentionAttributes>(node.attributes);
  const StoreKvParams params{.rowBase = 0, .keyHeads = graph.keyValueHeads, .headWidth = graph.headWidth};
  TRY(builder.launch(
      Kernel::storeKv, context.cache->shape().format, {},
      {builder.fixedRead(context.steps->records()), builder.reads(node.inputs[1]),
       builder.reads(node.inputs[2]), builder.fixedWrite(context.cache->keys(attributes.layer)),
       builder.fixedWrite(context.cache->values(attributes.layer))},
      params, {builder.rowExtent(), Extent::of(graph.keyValueHeads), {}}));
  return emitAttendCached(builder, node);
}

Result<void> emitAttendCached(ProgramBuilder& builder, const Node& node) {
  const Graph& graph = builder.context().graph;
  return emitAttentionRead(builder, node, builder.reads(node.inputs[0]), graph.queryHeads * graph.headWidth);
}

}  // namespace cutaway::gpu
