// Q4_0: 32 weights of 4 bits around 8 and one scale.
#include "core/quant/encoders.h"

namespace cutaway {
namespace {

struct CUTAWAY_PACKED Block {
  static constexpr std::size_t kWeights = 32;
  std::uint16_t scale;       ///< F16
  std::uint8_t nibbles[16];  ///< weights 0 to 15 in the low halves, 16 to 31 in the high halves

  template <class Step>
  CUTAWAY_INLINE void decode(float* out) const {
    const float factor = scaleToFloat(scale);
    for (int i = 0; i < 16; i += Step::width) {
      const auto bytes = Step::load(nibbles + i);
      Step::store(out + i, factor * Step::toFloats(Step::lowNibbles(bytes) - 8));
      Step::store(out + i + 16, factor * Step::toFloats(Step::highNibbles(bytes) - 8));
    }
  }

  CUTAWAY_INLINE void encode(const float* x, const float* importance) {
    std::uint8_t levels[32];
    scale = encodeAround(x, importance, 8, levels);
    packSplitNibbles(levels, nibbles);
  }
};
static_assert(sizeof(Block) == 18);

}  // namespace

void decodeQ4_0(std::span<const std::byte> blocks, std::span<float> weights) {
  decodeBlocks<Block>(blocks, weights);
}

void encodeQ4_0(std::span<const float> weights, std::span<const float> importance, std::span<std::byte> blocks) {
  encodeBlocks<Block>(weights, importance, blocks);
}

}  // namespace cutaway
