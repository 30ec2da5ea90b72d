// Q4_Z: 32 codes of up to 4 bits less an integer zero point, times one scale: weights of GPTQ and AWQ models as they are. Of this
// program alone; no file holds it.
#include <algorithm>

#include "core/quant/encoders.h"
#include "core/quant/grouped.h"

namespace cutaway {
namespace {

struct CUTAWAY_PACKED Block {
  static constexpr std::size_t kWeights = 32;
  std::uint16_t scale;       ///< F16
  std::uint8_t zero;         ///< the code that stands for 0
  std::uint8_t unused;
  std::uint8_t nibbles[16];  ///< weights 0 to 15 in the low halves, 16 to 31 in the high halves

  template <class Step>
  CUTAWAY_INLINE void decode(float* out) const {
    const float factor = scaleToFloat(scale), code = static_cast<float>(zero);
    for (int i = 0; i < 16; i += Step::width) {
      const auto bytes = Step::load(nibbles + i);
      Step::store(out + i, factor * (Step::toFloats(Step::lowNibbles(bytes)) - code));
      Step::store(out + i + 16, factor * (Step::toFloats(Step::highNibbles(bytes)) - code));
    }
  }

  void encode(const float* x, const float*) {
    const GroupedScheme scheme{4, 0, false};
    const GroupScale fitted = fitScale(scheme, {x, kWeights});
    std::uint8_t levels[kWeights];
    for (std::size_t i = 0; i < kWeights; ++i) levels[i] = fitted.encode(x[i], scheme.largestCode());
    scale = fitted.scale;
    zero = fitted.zero;
    unused = 0;
    packSplitNibbles(levels, nibbles);
  }
};
static_assert(sizeof(Block) == 20);

}  // namespace

void decodeQ4Z(std::span<const std::byte> blocks, std::span<float> weights) { decodeBlocks<Block>(blocks, weights); }

void encodeQ4Z(std::span<const float> weights, std::span<const float> importance, std::span<std::byte> blocks) {
  encodeBlocks<Block>(weights, importance, blocks);
}

}  // namespace cutaway
