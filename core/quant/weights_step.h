// The few weights that a decoder handles at once: as many as gcc 12 turns into the few instructions that it
// should be on the processor at hand, 16 with AVX-512 and 8 elsewhere.
#pragma once

#include <cstdint>
#include <cstring>

#include "core/base/multiversion.h"

namespace cutaway {

struct EightWeights {
  static constexpr int width = 8;
  using Bytes = std::int8_t __attribute__((vector_size(8)));
  using Words = std::int16_t __attribute__((vector_size(8)));
  using Ints = std::int32_t __attribute__((vector_size(32)));
  using Floats = float __attribute__((vector_size(32)));

  static constexpr Bytes kBits = {1, 2, 4, 8, 16, 32, 64, -128};
  /// The byte that holds each weight's bit in that weight's place.
  CUTAWAY_INLINE static Bytes spread(const std::uint8_t* bits) {
    return Bytes{} + static_cast<std::int8_t>(bits[0]);
  }
};
struct SixteenWeights {
  static constexpr int width = 16;
  using Bytes = std::int8_t __attribute__((vector_size(16)));
  using Words = std::int16_t __attribute__((vector_size(16)));
  using Ints = std::int32_t __attribute__((vector_size(64)));
  using Floats = float __attribute__((vector_size(64)));

  static constexpr Bytes kBits = {1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128};
  CUTAWAY_INLINE static Bytes spread(const std::uint8_t* bits) {
    std::int16_t both;
    std::memcpy(&both, bits, sizeof both);
    const auto repeated = (Bytes)(Words{} + both);
    return __builtin_shufflevector(repeated, repeated, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  }
};

template <class Weights>
struct WeightsStep : Weights {
  using typename Weights::Bytes, typename Weights::Words, typename Weights::Ints, typename Weights::Floats;

  CUTAWAY_INLINE static Bytes load(const void* from) {
    Bytes bytes;
    std::memcpy(&bytes, from, sizeof bytes);
#if CUTAWAY_X86_VERSIONS
    asm("" : "+x"(bytes));  // else gcc 12 takes the bytes apart in general registers
#endif
    return bytes;
  }
  CUTAWAY_INLINE static void store(float* to, Floats floats) { std::memcpy(to, &floats, sizeof floats); }

  /// Each byte shifted, right where `left` is negative, of which `mask` is kept: bits of neighbours come in
  /// above or below, because processors shift words and not bytes.
  CUTAWAY_INLINE static Bytes shifted(Bytes bytes, int left, std::int8_t mask) {
    const auto words = (Words)bytes;
    return (Bytes)(left < 0 ? words >> -left : words << left) & mask;
  }
  CUTAWAY_INLINE static Bytes lowNibbles(Bytes bytes) { return bytes & 15; }
  CUTAWAY_INLINE static Bytes highNibbles(Bytes bytes) { return shifted(bytes, -4, 15); }

  /// `value` where bit number `bit` of the byte is set, and 0 elsewhere.
  CUTAWAY_INLINE static Bytes whereBit(Bytes bytes, int bit, std::int8_t value) {
    const auto mask = static_cast<std::int8_t>(1 << bit);
    return ((bytes & mask) != 0) & value;
  }
  /// `value` in byte i where bit i of `bits` is set, and 0 elsewhere.
  CUTAWAY_INLINE static Bytes whereSet(const std::uint8_t* bits, std::int8_t value) {
    return ((Weights::spread(bits) & Weights::kBits) != 0) & value;
  }

  CUTAWAY_INLINE static Floats toFloats(Bytes bytes) {
    return __builtin_convertvector(__builtin_convertvector(bytes, Ints), Floats);
  }
};

}  // namespace cutaway
