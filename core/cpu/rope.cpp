// Rotary position embedding (Su et al. 2021): each pair of a head turns by position times its frequency.
#include <cmath>
#include <cstring>
#include <vector>

#include "core/cpu/kernels.h"

namespace cutaway {
namespace {

struct Turn {
  float cosine, sine;
};

void rotateHead(const float* x, const RopeAttributes& rope, std::span<const Turn> turns, std::size_t width,
                float* y) {
  const std::size_t pairs = turns.size();
  const std::size_t stride = rope.halves ? 1 : 2;
  const std::size_t partner = rope.halves ? pairs : 1;
  for (std::size_t j = 0; j < pairs; ++j) {
    const float a = x[j * stride], b = x[j * stride + partner];
    y[j * stride] = a * turns[j].cosine - b * turns[j].sine;
    y[j * stride + partner] = a * turns[j].sine + b * turns[j].cosine;
  }
  std::memcpy(y + 2 * pairs, x + 2 * pairs, (width - 2 * pairs) * sizeof(float));
}

}  // namespace

void runRope(const NodeRun& run) {
  const auto& rope = std::get<RopeAttributes>(run.node.attributes);
  const std::size_t heads = run.inputShape(0)[1].size, width = run.inputShape(0)[2].size;
  run.pool.parallelFor(run.rows, 4, [&](std::size_t begin, std::size_t end) {
    std::vector<Turn> turns(rope.frequency.size());
    for (std::size_t t = begin; t < end; ++t) {
      for (std::size_t j = 0; j < turns.size(); ++j) {
        const double angle =
            static_cast<double>(run.step.positions[t]) * static_cast<double>(rope.frequency[j]);
        turns[j] = {rope.magnitude * static_cast<float>(std::cos(angle)),
                    rope.magnitude * static_cast<float>(std::sin(angle))};
      }
      for (std::size_t head = 0; head < heads; ++head) {
        const std::size_t at = (t * heads + head) * width;
        rotateHead(run.inputs[0] + at, rope, turns, width, run.output + at);
      }
    }
  });
}

}  // namespace cutaway
