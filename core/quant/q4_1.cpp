// Q4_1: 32 weights of 4 bits above a minimum, and one scale.
#include "core/quant/decoders.h"

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
};
static_assert(sizeof(Block) == 20);

}  // namespace

void decodeQ4_1(std::span<const std::byte> blocks, std::span<float> weights) {
  decodeBlocks<Block>(blocks, weights);
}

}  // namespace cutaway
