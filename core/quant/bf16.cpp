// BF16: the upper half of an F32.
#include "core/quant/decoders.h"
#include "core/quant/half.h"

namespace cutaway {
namespace {

struct CUTAWAY_BLOCK Block {
  std::uint16_t bits;
};

}  // namespace

CUTAWAY_MULTIVERSION void decodeBf16(std::span<const std::byte> blocks, std::span<float> weights) {
  forEachBlock<Block, 1>(blocks, weights, [](const Block& __restrict block, float* __restrict out) { *out = bfloat16ToFloat(block.bits); });
}

}  // namespace cutaway
