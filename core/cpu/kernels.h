// What the CPU's kernels get and the table that finds them, one file per op family.
#pragma once

#include <array>

#include "core/base/thread_pool.h"
#include "core/cpu/cpu_cache.h"
#include "core/cpu/cpu_tensor.h"
#include "core/run/tap_region.h"

namespace cutaway {

/// One node to be run over some rows: all T tokens of the step, or some of the R rows whose logits are
/// wanted.
struct NodeRun {
  const Graph& graph;
  const Node& node;
  const Step& step;
  std::size_t rows = 0;                         ///< of the output
  std::span<const std::uint32_t> pickedTokens;  ///< (rows), for pickRows
  std::array<const float*, 3> inputs{};         ///< (rows or T, ...), row-major as in the graph
  std::array<const CpuTensor*, 2> weights{};    ///< null where an optional one is absent
  float* output = nullptr;
  CpuCache* cache = nullptr;
  ThreadPool& pool;

  const Shape& inputShape(std::size_t index) const { return graph.values[node.inputs[index]].shape; }
  const Shape& outputShape() const { return graph.values[node.output].shape; }
};

/// Elements per row: the product of all dimensions but the first.
std::size_t rowElements(const Shape& shape);

using Kernel = void(const NodeRun&);
Kernel runEmbed, runRmsNorm, runLinear, runRope, runAttention, runAdd, runSwiglu, runPickRows, runRoundInt8,
    runInput, runAttendCached, runLookCached;

Kernel* kernelFor(Op op);

/// Attention's values on demand for the region's heads and tokens, (heads, rows, contextLength), from the
/// cache after the node has run: scores, -inf where masked, or the softmax of them, 0 there.
void attentionWeights(const NodeRun& run, bool softmaxed, const TapRegion& region, std::size_t contextLength,
                      std::span<float> out);

/// The most likely tokens, normaliser and entropy of one row of logits. Fails when a logit is not a number.
Result<LogitRow> summarize(std::span<const float> logits);

}  // namespace cutaway
