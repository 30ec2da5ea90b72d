// F16: IEEE 754 half precision.
#include "core/quant/decoders.h"
#include "core/quant/half.h"

namespace cutaway {

void decodeF16(std::span<const std::byte> blocks, std::span<float> weights) {
  forEachBlock<std::uint16_t, 1>(blocks, weights,
                                 [](std::uint16_t half, float* out) { *out = halfToFloat(half); });
}

}  // namespace cutaway
