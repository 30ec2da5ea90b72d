// Sixteen floats at once, mapped by the compiler to whatever registers the processor has.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/base/multiversion.h"

namespace cutaway {

inline constexpr std::size_t kLanes = 16;
using Lanes = float __attribute__((vector_size(64)));
using EightFloats = float __attribute__((vector_size(32)));
using FourFloats = float __attribute__((vector_size(16)));
using IntLanes = std::int32_t __attribute__((vector_size(64)));

CUTAWAY_INLINE Lanes loadLanes(const float* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

CUTAWAY_INLINE void storeLanes(float* to, Lanes lanes) { std::memcpy(to, &lanes, sizeof lanes); }

/// The first `count` < 16 floats, and `rest` in the other lanes.
CUTAWAY_INLINE Lanes loadSome(const float* from, std::size_t count, float rest) {
  float padded[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) padded[i] = i < count ? from[i] : rest;
  return loadLanes(padded);
}

CUTAWAY_INLINE float sumOf(FourFloats four) {
  const FourFloats two = four + __builtin_shufflevector(four, four, 2, 3, 2, 3);
  return two[0] + two[1];
}

CUTAWAY_INLINE float sumOf(EightFloats eight) {
  return sumOf(__builtin_shufflevector(eight, eight, 0, 1, 2, 3) +
               __builtin_shufflevector(eight, eight, 4, 5, 6, 7));
}

CUTAWAY_INLINE float sumOf(Lanes lanes) {
  return sumOf(__builtin_shufflevector(lanes, lanes, 0, 1, 2, 3, 4, 5, 6, 7) +
               __builtin_shufflevector(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15));
}

/// The sum of a[i] * b[i], always in the same order, whatever it is part of.
CUTAWAY_INLINE float dot(const float* a, const float* b, std::size_t count) {
  Lanes sums{};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) sums += loadLanes(a + i) * loadLanes(b + i);
  float sum = sumOf(sums);
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

/// e^x within 2 units in the last place; 0 below -87 (also of -inf), and the largest power for x above 88.
CUTAWAY_INLINE Lanes expLanes(Lanes x) {
  constexpr float kLog2e = 1.44269504088896341f;
  constexpr float kLn2High = 0.693359375f,
                  kLn2Low = -2.12194440e-4f;  // their sum is ln 2; the first is short
  constexpr float kRound = 12582912.0f;       // 1.5 * 2^23: adding it rounds to an integer
  const Lanes clamped = x > 88.0f ? Lanes{} + 88.0f : x < -87.0f ? Lanes{} - 87.0f : x;
  const Lanes rounded = clamped * kLog2e + kRound;
  const Lanes n = rounded - kRound;
  const Lanes r = (clamped - n * kLn2High) - n * kLn2Low;
  // Taylor's series; |r| <= ln 2 / 2, where the next term is below 3e-9.
  Lanes series = r * (1.0f / 5040) + (1.0f / 720);
  series = series * r + (1.0f / 120);
  series = series * r + (1.0f / 24);
  series = series * r + (1.0f / 6);
  series = series * r + 0.5f;
  series = series * r + 1.0f;
  series = series * r + 1.0f;
  const IntLanes exponent = std::bit_cast<IntLanes>(rounded) << 23;  // n sits in the low bits of `rounded`
  const Lanes result = std::bit_cast<Lanes>(std::bit_cast<IntLanes>(series) + exponent);
  return x < -87.0f ? Lanes{} : result;
}

}  // namespace cutaway
