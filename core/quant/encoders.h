// The encoders, one file each with their decoders, to be reached through the table of number_format.cpp; and what they
// share.
#pragma once

#include "core/quant/decoders.h"
#include "core/quant/fit.h"

namespace cutaway {

/// NumberFormat::encode.
using Encode = void(std::span<const float> weights, std::span<const float> importance, std::span<std::byte> blocks);
Encode encodeF32, encodeF16, encodeBf16, encodeQ8_0, encodeQ4_0, encodeQ4_1, encodeQ5_0, encodeQ5_1;
Encode encodeQ2K, encodeQ3K, encodeQ4K, encodeQ5K, encodeQ6K, encodeQ4Z;

/// Calls block.encode(x, importance) for every block; `importance` is null when there is none.
template <class Block>
void encodeBlocks(std::span<const float> weights, std::span<const float> importance, std::span<std::byte> blocks) {
  static_assert(alignof(Block) == 1);
  onProcessor([=]<class On>(On) CUTAWAY_INLINE_LAMBDA {
    auto* block = reinterpret_cast<Block*>(blocks.data());
    for (std::size_t first = 0; first < weights.size(); first += Block::kWeights, ++block)
      block->encode(weights.data() + first, importance.empty() ? nullptr : importance.data() + first);
  });
}

/// A level as the reference rounds it: x is not negative, and half a level was added. NaN becomes 0.
CUTAWAY_INLINE std::uint8_t truncated(float x, float most) {
  x = x > 0 ? x : 0;
  return static_cast<std::uint8_t>(x < most ? x : most);
}

CUTAWAY_INLINE float inverseOf(float scale) { return scale != 0 ? 1 / scale : 0; }

/// The weight of 32 that is furthest from 0, the first of them.
CUTAWAY_INLINE float extremeOf(const float* x) {
  float found = x[0], most = std::fabs(found);
  for (int i = 1; i < 32; ++i) {
    const float size = std::fabs(x[i]);
    found = size > most ? x[i] : found;
    most = size > most ? size : most;
  }
  return found;
}

struct Range {
  float low, high;
};
CUTAWAY_INLINE Range rangeOf(const float* x) {
  Range range{x[0], x[0]};
  for (int i = 1; i < 32; ++i) {
    range.low = x[i] < range.low ? x[i] : range.low;
    range.high = x[i] > range.high ? x[i] : range.high;
  }
  return range;
}

/// Mean of squares of `count` weights, a multiple of 16.
CUTAWAY_INLINE float meanSquare(const float* x, int count) {
  Lanes sum{};
  for (int i = 0; i < count; i += static_cast<int>(kLanes)) sum += loadLanes(x + i) * loadLanes(x + i);
  return sumOf(sum) / static_cast<float>(count);
}

CUTAWAY_INLINE Lanes sqrtLanes(Lanes x) {
  for (std::size_t i = 0; i < kLanes; ++i) x[i] = std::sqrt(x[i]);
  return x;
}

/// Weights with the cost of an error where a column's importance is known: large weights err more for the same relative
/// change, and small ones should not count for nothing.
template <int kVectors>
CUTAWAY_INLINE WeightGroup<kVectors> importantGroup(const float* x, const float* importance, float meanSquareOfBlock) {
  WeightGroup<kVectors> group;
  for (int v = 0; v < kVectors; ++v) {
    group.x[v] = loadLanes(x + v * kLanes);
    group.cost[v] = loadLanes(importance + v * kLanes) * sqrtLanes(group.x[v] * group.x[v] + meanSquareOfBlock);
  }
  return group;
}

/// 32 levels of 4 bits: 0 to 15 in the low halves, 16 to 31 in the high halves.
CUTAWAY_INLINE void packSplitNibbles(const std::uint8_t (&levels)[32], std::uint8_t (&nibbles)[16]) {
  for (int i = 0; i < 16; ++i)
    nibbles[i] = static_cast<std::uint8_t>((levels[i] & 15) | (levels[i + 16] & 15) << 4);
}

/// Bit 4 of level i to bit i.
CUTAWAY_INLINE void packFifthBits(const std::uint8_t (&levels)[32], std::uint8_t (&bits)[4]) {
  std::uint32_t all = 0;
  for (int i = 0; i < 32; ++i) all |= static_cast<std::uint32_t>(levels[i] >> 4 & 1) << i;
  std::memcpy(bits, &all, sizeof all);
}

/// Levels of 32 weights around `middle` and their scale, as Q4_0 (middle 8) and Q5_0 (16) have them. Without
/// importance bit by bit as the reference.
CUTAWAY_INLINE std::uint16_t encodeAround(const float* x, const float* importance, float middle,
                                          std::uint8_t (&levels)[32]) {
  float scale = extremeOf(x) / -middle;
  std::uint16_t half = floatToHalf(scale);
  if (importance != nullptr) {
    scale = fitSymmetric(importantGroup<2>(x, importance, meanSquare(x, 32)), middle);
    half = floatToHalf(scale);
    scale = halfToFloat(half);
  }
  const float inverse = inverseOf(scale);
  for (int i = 0; i < 32; ++i) levels[i] = truncated(x[i] * inverse + (middle + 0.5f), 2 * middle - 1);
  return half;
}

struct ScaleAndMinimum {
  std::uint16_t scale, minimum;
};
/// Levels from 0 to `most` above a minimum, as Q4_1 and Q5_1 have them.
CUTAWAY_INLINE ScaleAndMinimum encodeAbove(const float* x, const float* importance, float most,
                                           std::uint8_t (&levels)[32]) {
  const Range range = rangeOf(x);
  float scale = (range.high - range.low) / most, minimum = range.low;
  ScaleAndMinimum halves{floatToHalf(scale), floatToHalf(minimum)};
  if (importance != nullptr) {
    const AffineFit fit =
        fitAffine<true>(importantGroup<2>(x, importance, meanSquare(x, 32)), most, {-0.9f, 0.05f, 36});
    halves = {floatToHalf(fit.scale), floatToHalf(fit.offset)};
    scale = halfToFloat(halves.scale);
    minimum = halfToFloat(halves.minimum);
  }
  const float inverse = inverseOf(scale);
  for (int i = 0; i < 32; ++i) levels[i] = truncated((x[i] - minimum) * inverse + 0.5f, most);
  return halves;
}

}  // namespace cutaway
