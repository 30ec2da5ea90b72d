// F32: as it is.
#include "core/quant/encoders.h"

namespace cutaway {

void decodeF32(std::span<const std::byte> blocks, std::span<float> weights) {
  if (!weights.empty()) std::memcpy(weights.data(), blocks.data(), weights.size_bytes());
}

void encodeF32(std::span<const float> weights, std::span<const float>, std::span<std::byte> blocks) {
  if (!weights.empty()) std::memcpy(blocks.data(), weights.data(), weights.size_bytes());
}

}  // namespace cutaway
