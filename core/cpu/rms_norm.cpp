// Root-mean-square norm over the last dimension (Zhang and Sennrich 2019).
#include <cmath>
#include <vector>

#include "core/base/lanes.h"
#include "core/cpu/kernels.h"

namespace cutaway {
namespace {

void normalize(const float* x, const float* scale, std::size_t width, float epsilon, float* y) {
  onProcessor([=](auto) CUTAWAY_INLINE_LAMBDA {
    const float mean = dot(x, x, width) / static_cast<float>(width);
    const float factor = 1.0f / std::sqrt(mean + epsilon);
    for (std::size_t i = 0; i < width; ++i) y[i] = x[i] * factor * scale[i];
  });
}

}  // namespace

void runRmsNorm(const NodeRun& run) {
  const std::size_t width = run.inputShape(0).back().size;
  const std::size_t vectors = run.rows * (rowElements(run.inputShape(0)) / width);
  const float epsilon = std::get<NormAttributes>(run.node.attributes).epsilon;
  std::vector<float> scale(width);
  run.weights[0]->format().decode(run.weights[0]->weights(0, 0, width), scale);
  run.pool.parallelFor(vectors, 1 + 8192 / width, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      normalize(run.inputs[0] + i * width, scale.data(), width, epsilon, run.output + i * width);
  });
}

}  // namespace cutaway
