#include "gpu/plan_sizes.h"

#include <algorithm>
#include <optional>

#include "gpu/fusion.h"
#include "gpu/ops/attention.h"

namespace cutaway::gpu {
namespace {

std::uint32_t rowFloats(const Graph& graph, ValueId value) {
  std::uint32_t floats = 1;
  const Shape& shape = graph.values[value].shape;
  for (std::size_t i = 1; i < shape.size(); ++i) floats *= shape[i].size;
  return floats;
}

/// Bytes of the values of one part, with `rows` rows, each living from its node to its last reader; with one
/// row, to the end.
std::uint64_t valueBytes(const Graph& graph, Part part, std::uint32_t rows) {
  Arena arena;
  std::vector<std::optional<Arena::Id>> ids(graph.values.size());
  for (std::uint32_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (partOf(graph, node) != part) continue;
    ids[node.output] = arena.add((std::uint64_t{rows} * rowFloats(graph, node.output) + kLogitBlock) * 4);
    arena.use(*ids[node.output], i);
    for (const ValueId input : node.inputs)
      if (ids[input]) arena.use(*ids[input], i);
  }
  return rows == 1 ? arena.placeApart(256) : arena.place(256);
}

}  // namespace

std::vector<RopeAttributes> distinctRopes(const Graph& graph) {
  std::vector<RopeAttributes> ropes;
  for (const Node& node : graph.nodes) {
    if (node.op != Op::rope) continue;
    const auto& rope = std::get<RopeAttributes>(node.attributes);
    const bool known = std::ranges::any_of(ropes, [&](const RopeAttributes& other) {
      return other.frequency == rope.frequency && other.magnitude == rope.magnitude;
    });
    if (!known) ropes.push_back(rope);
  }
  return ropes;
}

StepBuffers::Shape stepShape(const Graph& graph, std::uint32_t maxTokens, std::uint32_t cachePages) {
  return {maxTokens, cachePages, static_cast<std::uint32_t>(graph.nodes.size() + 1), distinctRopes(graph)};
}

std::set<ValueId> crossingValues(const Graph& graph) {
  std::set<ValueId> values;
  for (const Node& node : graph.nodes)
    for (const ValueId input : node.inputs)
      if (partOf(graph, node) == Part::tail && graph.values[input].shape.front() == Dim::tokens())
        values.insert(input);
  return values;
}

std::uint32_t splitsOf(std::uint32_t cachePages) {
  return (cachePages * kPageCells + kSplitCells - 1) / kSplitCells;
}

std::uint64_t attentionPartBytes(const Graph& graph, std::uint32_t cachePages) {
  return attentionPartFloats(graph, FormatId::f32) * graph.keyValueHeads * splitsOf(cachePages) * 4;
}

std::uint64_t tapScoreBytes(const Graph& graph, std::uint32_t cachePages) {
  constexpr std::uint64_t kMost = std::uint64_t{64} << 20;
  const auto attends = [](const Node& node) {
    return node.op == Op::attention || node.op == Op::attendCached;
  };
  const auto layers = static_cast<std::uint64_t>(std::ranges::count_if(graph.nodes, attends));
  return std::min(kMost, layers * graph.queryHeads * cachePages * kPageCells * 4);
}

std::uint64_t planBytes(const Graph& graph, std::uint32_t maxTokens, std::uint32_t cachePages) {
  std::uint64_t bytes = StepBuffers::bytes(stepShape(graph, maxTokens, cachePages));
  bytes += StepInputs::bytes(graph, maxTokens);
  bytes += std::uint64_t{maxTokens} * kResultWords * 4 * (1 + kSlots);
  bytes += attentionPartBytes(graph, cachePages) + tapScoreBytes(graph, cachePages);
  for (const std::uint32_t rows : {1u, maxTokens}) bytes += valueBytes(graph, Part::body, rows);
  for (const std::uint32_t rows : {1u, kTailRows})
    bytes +=
        valueBytes(graph, Part::tail, rows) + std::uint64_t{rows} * (graph.vocabulary / kLogitBlock + 1) * 16;
  for (const ValueId value : crossingValues(graph))
    bytes += std::uint64_t{maxTokens} * rowFloats(graph, value) * 4;
  return bytes;
}

}  // namespace cutaway::gpu
