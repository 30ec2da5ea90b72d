// Q8_0: 32 weights as signed bytes and one scale.
#include "core/quant/decoders.h"

namespace cutaway {
namespace {

struct CUTAWAY_PACKED Block {
  static constexpr std::size_t kWeights = 32;
  std::uint16_t scale;  ///< F16
  std::int8_t quants[32];

  template <class Step>
  CUTAWAY_INLINE void decode(float* out) const {
    const float factor = scaleToFloat(scale);
    for (int i = 0; i < 32; i += Step::width)
      Step::store(out + i, factor * Step::toFloats(Step::load(quants + i)));
  }
};
static_assert(sizeof(Block) == 34);

}  // namespace

void decodeQ8_0(std::span<const std::byte> blocks, std::span<float> weights) {
  decodeBlocks<Block>(blocks, weights);
}

}  // namespace cutaway
