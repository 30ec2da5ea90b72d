// F32: as it is.
#include "core/quant/decoders.h"

namespace cutaway {

void decodeF32(std::span<const std::byte> blocks, std::span<float> weights) {
  if (!weights.empty()) std::memcpy(weights.data(), blocks.data(), weights.size_bytes());
}

}  // namespace cutaway
