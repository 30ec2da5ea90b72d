// Q4_1: 32 weights of 4 bits above a minimum, and one scale.
#include "core/quant/decoders.h"
#include "core/quant/half.h"

namespace cutaway {
namespace {

struct Block {
  std::uint16_t scale, minimum;  ///< F16
  std::uint8_t nibbles[16];      ///< weights 0 to 15 in the low halves, 16 to 31 in the high halves
};
static_assert(sizeof(Block) == 20);

}  // namespace

void decodeQ4_1(std::span<const std::byte> blocks, std::span<float> weights) {
  forEachBlock<Block, 32>(blocks, weights, [](const Block& block, float* out) {
    const float scale = halfToFloat(block.scale), minimum = halfToFloat(block.minimum);
    for (int i = 0; i < 16; ++i) {
      out[i] = scale * static_cast<float>(block.nibbles[i] & 15) + minimum;
      out[i + 16] = scale * static_cast<float>(block.nibbles[i] >> 4) + minimum;
    }
  });
}

}  // namespace cutaway
