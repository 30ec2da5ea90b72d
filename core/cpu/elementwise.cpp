// Ops that work element by element.
#include "core/base/lanes.h"
#include "core/cpu/kernels.h"

namespace cutaway {
namespace {

constexpr std::size_t kGrain = 8192;

void addSpan(const float* x, const float* y, std::size_t count, float* out) {
  onProcessor([=](auto) CUTAWAY_INLINE_LAMBDA {
    for (std::size_t i = 0; i < count; ++i) out[i] = x[i] + y[i];
  });
}

CUTAWAY_INLINE Lanes gated(Lanes gate, Lanes up) { return gate / (1.0f + expLanes(-gate)) * up; }

void swigluSpan(const float* gate, const float* up, std::size_t count, float* out) {
  onProcessor([=](auto) CUTAWAY_INLINE_LAMBDA {
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes)
      storeLanes(out + i, gated(loadLanes(gate + i), loadLanes(up + i)));
    if (i == count) return;
    float rest[kLanes];
    storeLanes(rest, gated(loadSome(gate + i, count - i, 0), loadSome(up + i, count - i, 0)));
    for (std::size_t j = i; j < count; ++j) out[j] = rest[j - i];
  });
}

using SpanFunction = void(const float*, const float*, std::size_t, float*);

void overAll(const NodeRun& run, SpanFunction* function) {
  run.pool.parallelFor(
      run.rows * rowElements(run.outputShape()), kGrain, [&](std::size_t begin, std::size_t end) {
        function(run.inputs[0] + begin, run.inputs[1] + begin, end - begin, run.output + begin);
      });
}

}  // namespace

void runAdd(const NodeRun& run) { overAll(run, addSpan); }

void runSwiglu(const NodeRun& run) { overAll(run, swigluSpan); }

}  // namespace cutaway
