// Q5_0: 32 weights of 5 bits around 16 and one scale.
#include "core/quant/decoders.h"
#include "core/quant/half.h"

namespace cutaway {
namespace {

struct CUTAWAY_BLOCK Block {
  std::uint16_t scale;        ///< F16
  std::uint8_t fifthBits[4];  ///< of weight i in bit i
  std::uint8_t nibbles[16];   ///< weights 0 to 15 in the low halves, 16 to 31 in the high halves
};
static_assert(sizeof(Block) == 22);

}  // namespace

CUTAWAY_MULTIVERSION void decodeQ5_0(std::span<const std::byte> blocks, std::span<float> weights) {
  forEachBlock<Block, 32>(blocks, weights, [](const Block& __restrict block, float* __restrict out) {
    const float scale = halfToFloat(block.scale);
    std::uint32_t fifth;
    std::memcpy(&fifth, block.fifthBits, 4);
    CUTAWAY_VECTOR_LOOP
    for (int i = 0; i < 16; ++i) {
      const std::uint32_t low = (block.nibbles[i] & 15u) | ((fifth >> i) & 1u) << 4;
      out[i] = scale * static_cast<float>(static_cast<int>(low) - 16);
    }
    CUTAWAY_VECTOR_LOOP
    for (int i = 0; i < 16; ++i) {
      const std::uint32_t high = (block.nibbles[i] >> 4) | ((fifth >> (i + 16)) & 1u) << 4;
      out[i + 16] = scale * static_cast<float>(static_cast<int>(high) - 16);
    }
  });
}

}  // namespace cutaway
