// Q4_0: 32 weights of 4 bits around 8 and one scale.
#include "core/quant/decoders.h"
#include "core/quant/half.h"

namespace cutaway {
namespace {

struct Block {
  std::uint16_t scale;       ///< F16
  std::uint8_t nibbles[16];  ///< weights 0 to 15 in the low halves, 16 to 31 in the high halves
};
static_assert(sizeof(Block) == 18);

}  // namespace

void decodeQ4_0(std::span<const std::byte> blocks, std::span<float> weights) {
  forEachBlock<Block, 32>(blocks, weights, [](const Block& block, float* out) {
    const float scale = halfToFloat(block.scale);
    for (int i = 0; i < 16; ++i) {
      out[i] = scale * static_cast<float>((block.nibbles[i] & 15) - 8);
      out[i + 16] = scale * static_cast<float>((block.nibbles[i] >> 4) - 8);
    }
  });
}

}  // namespace cutaway
