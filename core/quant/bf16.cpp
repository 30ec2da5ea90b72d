// BF16: the upper half of an F32.
#include "core/quant/encoders.h"

namespace cutaway {
namespace {

struct CUTAWAY_PACKED Block {
  static constexpr std::size_t kWeights = 1;
  std::uint16_t bits;

  template <class Step>
  CUTAWAY_INLINE void decode(float* out) const {
    *out = bfloat16ToFloat(bits);
  }

  CUTAWAY_INLINE void encode(const float* x, const float*) { bits = floatToBfloat16(*x); }
};

}  // namespace

void decodeBf16(std::span<const std::byte> blocks, std::span<float> weights) {
  decodeBlocks<Block>(blocks, weights);
}

void encodeBf16(std::span<const float> weights, std::span<const float> importance, std::span<std::byte> blocks) {
  encodeBlocks<Block>(weights, importance, blocks);
}

}  // namespace cutaway
