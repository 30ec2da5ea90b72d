// Evenly spaced levels with one scale, and rounding to them: weights of few bits, and inputs of 8 bits.
#pragma once

#include <cstdint>
#include <span>

namespace cutaway {

/// A number becomes scale * level, the nearest level of [low, high], ties to even. A zero point is in low and high.
struct IntegerGrid {
  float scale = 0, low = 0, high = 0;
};

struct Extent {
  float low = 0, high = 0;  ///< never above and never below 0
};
Extent extentOf(std::span<const float> values);
float largestOf(std::span<const float> values);  ///< |x|; 0 of none

/// The grid around 0 whose last level is `largest`: of 8 bits, levels -127 to 127.
IntegerGrid symmetricGrid(std::uint32_t bits, float largest);
/// Leaves the values as they are where the grid has no scale above 0.
void roundToGrid(const IntegerGrid& grid, std::span<float> values);

}  // namespace cutaway
