// Q4_0: 32 weights of 4 bits around 8 and one scale.
#include "core/quant/decoders.h"

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
};
static_assert(sizeof(Block) == 18);

}  // namespace

void decodeQ4_0(std::span<const std::byte> blocks, std::span<float> weights) {
  decodeBlocks<Block>(blocks, weights);
}

}  // namespace cutaway
