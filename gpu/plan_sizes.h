// What a plan's buffers take, from the graph alone.
#pragma once

#include <set>

#include "gpu/step_buffers.h"

namespace cutaway::gpu {

/// Bytes of a plan's buffers, from above: values as they would live without fusion.
std::uint64_t planBytes(const Graph& graph, std::uint32_t maxTokens, std::uint32_t cachePages);

std::vector<RopeAttributes> distinctRopes(const Graph& graph);
/// Of the buffers that steps of this graph are written to.
StepBuffers::Shape stepShape(const Graph& graph, std::uint32_t maxTokens, std::uint32_t cachePages);
/// Values of the body that the tail reads.
std::set<ValueId> crossingValues(const Graph& graph);
/// The most parts that a split attention over this cache has, and the bytes of all of them.
std::uint32_t splitsOf(std::uint32_t cachePages);
std::uint64_t attentionPartBytes(const Graph& graph, std::uint32_t cachePages);
/// Scores that views may ask for in a step of one token: all layers', or as much as is reasonable.
std::uint64_t tapScoreBytes(const Graph& graph, std::uint32_t cachePages);

}  // namespace cutaway::gpu
