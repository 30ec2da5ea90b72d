// BF16: the upper half of an F32.
#include "core/quant/decoders.h"
#include "core/quant/half.h"

namespace cutaway {

void decodeBf16(std::span<const std::byte> blocks, std::span<float> weights) {
  forEachBlock<std::uint16_t, 1>(blocks, weights,
                                 [](std::uint16_t value, float* out) { *out = bfloat16ToFloat(value); });
}

}  // namespace cutaway
