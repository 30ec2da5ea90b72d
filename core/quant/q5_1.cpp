// Q5_1: 32 weights of 5 bits above a minimum, and one scale.
#include "core/quant/encoders.h"

namespace cutaway {
namespace {

struct CUTAWAY_PACKED Block {
  static constexpr std::size_t kWeights = 32;
  std::uint16_t scale, minimum;  ///< F16
  std::uint8_t fifthBits[4];     ///< of weight i in bit i
  std::uint8_t nibbles[16];      ///< weights 0 to 15 in the low halves, 16 to 31 in the high halves

  template <class Step>
  CUTAWAY_INLINE void decode(float* out) const {
    const float factor = scaleToFloat(scale), lowest = scaleToFloat(minimum);
    for (int i = 0; i < 16; i += Step::width) {
      const auto bytes = Step::load(nibbles + i);
      const auto low = Step::lowNibbles(bytes) | Step::whereSet(fifthBits + i / 8, 16);
      const auto high = Step::highNibbles(bytes) | Step::whereSet(fifthBits + 2 + i / 8, 16);
      Step::store(out + i, factor * Step::toFloats(low) + lowest);
      Step::store(out + i + 16, factor * Step::toFloats(high) + lowest);
    }
  }

  CUTAWAY_INLINE void encode(const float* x, const float* importance) {
    std::uint8_t levels[32];
    const ScaleAndMinimum halves = encodeAbove(x, importance, 31, levels);
    scale = halves.scale;
    minimum = halves.minimum;
    packSplitNibbles(levels, nibbles);
    packFifthBits(levels, fifthBits);
  }
};
static_assert(sizeof(Block) == 24);

}  // namespace

void decodeQ5_1(std::span<const std::byte> blocks, std::span<float> weights) {
  decodeBlocks<Block>(blocks, weights);
}

void encodeQ5_1(std::span<const float> weights, std::span<const float> importance, std::span<std::byte> blocks) {
  encodeBlocks<Block>(weights, importance, blocks);
}

}  // namespace cutaway
