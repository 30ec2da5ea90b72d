// BF16: the upper half of an F32.
#include "core/quant/decoders.h"

namespace cutaway {
namespace {

struct CUTAWAY_PACKED Block {
  static constexpr std::size_t kWeights = 1;
  std::uint16_t bits;

  template <class Step>
  CUTAWAY_INLINE void decode(float* out) const {
    *out = bfloat16ToFloat(bits);
  }
};

}  // namespace

void decodeBf16(std::span<const std::byte> blocks, std::span<float> weights) {
  decodeBlocks<Block>(blocks, weights);
}

}  // namespace cutaway
