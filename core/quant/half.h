// IEEE 754 half precision and bfloat16 to F32 and back, without special instructions.
#pragma once

#include <bit>
#include <cstdint>

#include "core/base/multiversion.h"

namespace cutaway {

/// Exact for every half, infinities and NaN payloads included. Free of branches, so that loops over it
/// vectorize, and free of subnormal arithmetic, so that a thread that flushes subnormals to zero gets the
/// same.
CUTAWAY_INLINE float halfToFloat(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000u) << 16;
  const std::uint32_t magnitude = half & 0x7fffu;
  constexpr std::uint32_t kBiasDifference = (127u - 15u) << 23;
  // 0.5 + m * 2^-24 has the mantissa m, so taking 0.5 away again leaves a subnormal's value, m * 2^-24.
  const auto subnormal = std::bit_cast<std::uint32_t>(std::bit_cast<float>(0x3f000000u | magnitude) - 0.5f);
  const std::uint32_t isInfinite = 0u - (magnitude >= 0x7c00u);  // or NaN: exponent 31 becomes 255
  const std::uint32_t normal = (magnitude << 13) + kBiasDifference + (kBiasDifference & isInfinite);
  const std::uint32_t isSubnormal = 0u - (magnitude < 0x0400u);
  const std::uint32_t bits = (subnormal & isSubnormal) | (normal & ~isSubnormal);
  return std::bit_cast<float>(sign | bits);
}

/// The same but for the payload of a signalling NaN, by the processor where it can: for the scales of blocks,
/// which are multiplied next.
CUTAWAY_INLINE float scaleToFloat(std::uint16_t half) {
  return static_cast<float>(std::bit_cast<_Float16>(half));
}

/// Rounds to nearest, ties to even; beyond 65504 to infinity. A NaN stays one and becomes quiet.
CUTAWAY_INLINE std::uint16_t floatToHalf(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  constexpr std::uint32_t kInfinity = 0x7f800000u, kTwoTo16 = 0x47800000u, kTwoToMinus14 = 0x38800000u;
  std::uint32_t half = 0;
  if (magnitude > kInfinity) {
    half = 0x7e00u | ((magnitude >> 13) & 0x01ffu);
  } else if (magnitude >= kTwoTo16) {
    half = 0x7c00u;
  } else if (magnitude < kTwoToMinus14) {
    // A subnormal half counts steps of 2^-24, which is what the addition rounds to.
    half = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000u;
  } else {
    const std::uint32_t odd = (magnitude >> 13) & 1u;
    half = (magnitude - ((127u - 15u) << 23) + 0x0fffu + odd) >> 13;
  }
  return static_cast<std::uint16_t>(sign | half);
}

/// Rounds to nearest, ties to even; a NaN stays one and becomes quiet.
CUTAWAY_INLINE std::uint16_t floatToBfloat16(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
  const std::uint32_t isNan = 0u - ((bits & 0x7fffffffu) > 0x7f800000u);
  return static_cast<std::uint16_t>((isNan & (bits >> 16 | 0x40u)) | (~isNan & rounded));
}

CUTAWAY_INLINE float bfloat16ToFloat(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

}  // namespace cutaway
