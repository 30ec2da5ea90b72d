// F16: IEEE 754 half precision.
#include "core/quant/decoders.h"
#include "core/quant/half.h"

namespace cutaway {
namespace {

struct CUTAWAY_BLOCK Block {
  std::uint16_t bits;
};

}  // namespace

CUTAWAY_MULTIVERSION void decodeF16(std::span<const std::byte> blocks, std::span<float> weights) {
  forEachBlock<Block, 1>(blocks, weights, [](const Block& __restrict block, float* __restrict out) { *out = halfToFloat(block.bits); });
}

}  // namespace cutaway
