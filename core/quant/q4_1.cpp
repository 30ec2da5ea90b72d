// Q4_1: 32 weights of 4 bits above a minimum, and one scale.
#include "core/quant/encoders.h"

namespace cutaway {
namespace {

struct CUTAWAY_PACKED Block {
  static constexpr std::size_t kWeights = 32;
  std::uint16_t scale, minimum;  ///< F16
  std::uint8_t nibbles[16];      ///< weights 0 to 15 in the low halves, 16 to 31 in the high halves

  template <class Step>
  CUTAWAY_INLINE void decode(float* out) const {
    const float factor = scaleToFloat(scale), lowest = scaleToFloat(minimum);
    for (int i = 0; i < 16; i += Step::width) {
      const auto bytes = Step::load(nibbles + i);
      Step::store(out + i, factor * Step::toFloats(Step::lowNibbles(bytes)) + lowest);
      Step::store(out + i + 16, factor * Step::toFloats(Step::highNibbles(bytes)) + lowest);
    }
  }

  CUTAWAY_INLINE void encode(const float* x, const float* importance) {
    std::uint8_t levels[32];
    const ScaleAndMinimum halves = encodeAbove(x, importance, 15, levels);
    scale = halves.scale;
    minimum = halves.minimum;
    packSplitNibbles(levels, nibbles);
  }
};
static_assert(sizeof(Block) == 20);

}  // namespace

void decodeQ4_1(std::span<const std::byte> blocks, std::span<float> weights) {
  decodeBlocks<Block>(blocks, weights);
}

void encodeQ4_1(std::span<const float> weights, std::span<const float> importance, std::span<std::byte> blocks) {
  encodeBlocks<Block>(weights, importance, blocks);
}

}  // namespace cutaway
