#include "core/quant/integer_grid.h"

#include <algorithm>

#include "core/base/multiversion.h"

namespace cutaway {

Extent extentOf(std::span<const float> values) {
  return onProcessor([=]<class On>(On) CUTAWAY_INLINE_LAMBDA {
    Extent extent;
    for (const float value : values) {
      extent.low = value < extent.low ? value : extent.low;
      extent.high = value > extent.high ? value : extent.high;
    }
    return extent;
  });
}

float largestOf(std::span<const float> values) {
  const Extent extent = extentOf(values);
  return std::max(extent.high, -extent.low);
}

IntegerGrid symmetricGrid(std::uint32_t bits, float largest) {
  const auto most = static_cast<float>((1u << (bits - 1)) - 1);
  return {largest / most, -most, most};
}

void roundToGrid(const IntegerGrid& grid, std::span<float> values) {
  if (!(grid.scale > 0)) return;
  onProcessor([=]<class On>(On) CUTAWAY_INLINE_LAMBDA {
    constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer, ties to even
    for (float& value : values) {
      const float level = (value / grid.scale + kRound) - kRound;
      const float raised = level > grid.low ? level : grid.low;
      value = grid.scale * (raised < grid.high ? raised : grid.high);
    }
  });
}

}  // namespace cutaway
