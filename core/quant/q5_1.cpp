// Q5_1: 32 weights of 5 bits above a minimum, and one scale.
#include "core/quant/decoders.h"
#include "core/quant/half.h"

namespace cutaway {
namespace {

struct Block {
  std::uint16_t scale, minimum;  ///< F16
  std::uint8_t fifthBits[4];     ///< of weight i in bit i
  std::uint8_t nibbles[16];      ///< weights 0 to 15 in the low halves, 16 to 31 in the high halves
};
static_assert(sizeof(Block) == 24);

}  // namespace

void decodeQ5_1(std::span<const std::byte> blocks, std::span<float> weights) {
  forEachBlock<Block, 32>(blocks, weights, [](const Block& block, float* out) {
    const float scale = halfToFloat(block.scale), minimum = halfToFloat(block.minimum);
    std::uint32_t fifth;
    std::memcpy(&fifth, block.fifthBits, 4);
    for (std::uint32_t i = 0; i < 16; ++i) {
      const int low = (block.nibbles[i] & 15) | (fifth & (1u << i) ? 16 : 0);
      const int high = (block.nibbles[i] >> 4) | (fifth & (1u << (i + 16)) ? 16 : 0);
      out[i] = scale * static_cast<float>(low) + minimum;
      out[i + 16] = scale * static_cast<float>(high) + minimum;
    }
  });
}

}  // namespace cutaway
