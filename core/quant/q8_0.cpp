// Q8_0: 32 weights as signed bytes and one scale.
#include "core/quant/encoders.h"

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

  CUTAWAY_INLINE void encode(const float* x, const float*) {
    const float largest = std::fabs(extremeOf(x)) / 127, inverse = inverseOf(largest);
    scale = floatToHalf(largest);
    for (int i = 0; i < 32; ++i) {
      // Halves go away from zero, which no processor does by itself.
      const float raw = std::fabs(x[i] * inverse), size = raw < 127 ? raw : 127;
      const float whole = static_cast<float>(static_cast<int>(size));
      const float rounded = 2 * (size - whole) >= 1 ? whole + 1 : whole;
      quants[i] = static_cast<std::int8_t>(x[i] < 0 ? -rounded : rounded);
    }
  }
};
static_assert(sizeof(Block) == 34);

}  // namespace

void decodeQ8_0(std::span<const std::byte> blocks, std::span<float> weights) {
  decodeBlocks<Block>(blocks, weights);
}

void encodeQ8_0(std::span<const float> weights, std::span<const float> importance, std::span<std::byte> blocks) {
  encodeBlocks<Block>(weights, importance, blocks);
}

}  // namespace cutaway
