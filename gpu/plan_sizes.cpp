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

/// Bytes of the values of one part, with `rows` rows, each living from its node to its last reader.
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
  return arena.place(256);
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

std::uint64_t planBytes(const Graph& graph, std::uint32_t maxTokens, std::uint32_t cachePages) {
  std::uint64_t bytes = StepBuffers::bytes({maxTokens, cachePages, distinctRopes(graph)});
  bytes += StepInputs::bytes(graph, maxTokens);
  bytes += std::uint64_t{maxTokens} * kResultWords * 4 * (1 + kSlots);
  bytes += attentionPartBytes(graph, cachePages);
  for (const std::uint32_t rows : {1u, maxTokens}) bytes += valueBytes(graph, Part::body, rows);
  for (const std::uint32_t rows : {1u, kTailRows})
    bytes +=
        valueBytes(graph, Part::tail, rows) + std::uint64_t{rows} * (graph.vocabulary / kLogitBlock + 1) * 16;
  for (const ValueId value : crossingValues(graph))
    bytes += std::uint64_t{maxTokens} * rowFloats(graph, value) * 4;
  return bytes;
}

}  // namespace cutaway::gpu
