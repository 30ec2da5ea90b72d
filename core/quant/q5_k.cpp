// Q5_K: 256 weights of 5 bits in eight groups of 32, each with a 6-bit scale and minimum under two F16
// scales.
#include "core/quant/k_search.h"

namespace cutaway {
namespace {

struct CUTAWAY_PACKED Block {
  static constexpr std::size_t kWeights = 256;
  std::uint16_t scaleOfScales, scaleOfMinima;  ///< F16
  std::uint8_t groups[12];                     ///< see scaledGroups
  std::uint8_t fifthBits[32];                  ///< of weight i of group g in bit g of byte i
  std::uint8_t
      nibbles[128];  ///< each run of 32 bytes holds an even group in its low halves, the next in the high

  template <class Step>
  CUTAWAY_INLINE void decode(float* out) const {
    const ScaledGroups scaled = scaledGroups(scaleOfScales, scaleOfMinima, groups);
    for (int group = 0; group < 8; group += 2)
      for (int i = 0; i < 32; i += Step::width) {
        const auto bytes = Step::load(nibbles + group * 16 + i);
        const auto fifths = Step::load(fifthBits + i);
        const auto low = Step::lowNibbles(bytes) | Step::whereBit(fifths, group, 16);
        const auto high = Step::highNibbles(bytes) | Step::whereBit(fifths, group + 1, 16);
        float* even = out + group * 32 + i;
        Step::store(even, scaled.scale[group] * Step::toFloats(low) - scaled.minimum[group]);
        Step::store(even + 32, scaled.scale[group + 1] * Step::toFloats(high) - scaled.minimum[group + 1]);
      }
  }

  CUTAWAY_INLINE void encode(const float* x, const float* importance) {
    AffineBlock<8> found;
    encodeAffine(x, importance, {31, 63, {-0.5f, 0.1f, 16}}, found);
    scaleOfScales = found.scaleOfScales;
    scaleOfMinima = found.scaleOfMinima;
    packSixBits(found.scales, found.minima, groups);
    for (int i = 0; i < 128; ++i) {
      const std::uint8_t* even = found.levels + i / 32 * 64 + i % 32;
      nibbles[i] = static_cast<std::uint8_t>((even[0] & 15) | (even[32] & 15) << 4);
    }
    for (int i = 0; i < 32; ++i) {
      unsigned bits = 0;
      for (int group = 0; group < 8; ++group) bits |= (found.levels[group * 32 + i] >> 4 & 1u) << group;
      fifthBits[i] = static_cast<std::uint8_t>(bits);
    }
  }
};
static_assert(sizeof(Block) == 176);

}  // namespace

void decodeQ5K(std::span<const std::byte> blocks, std::span<float> weights) {
  decodeBlocks<Block>(blocks, weights);
}

void encodeQ5K(std::span<const float> weights, std::span<const float> importance, std::span<std::byte> blocks) {
  encodeBlocks<Block>(weights, importance, blocks);
}

}  // namespace cutaway
