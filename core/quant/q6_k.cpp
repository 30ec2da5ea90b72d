// Q6_K: 256 weights of 6 bits around 32 in sixteen groups of 16, each with an 8-bit scale under one F16
// scale.
#include "core/quant/decoders.h"
#include "core/quant/half.h"

namespace cutaway {
namespace {

/// The block is two halves of 128 weights, and each half four runs of 32. Run r of half h has its low four
/// bits in nibbles[64 h + 32 (r % 2) ..], low halves for r < 2, and its high two bits in bits 2 r of upper[32
/// h ..].
struct Block {
  std::uint8_t nibbles[128];
  std::uint8_t upper[64];
  std::int8_t groupScales[16];
  std::uint16_t scaleOfScales;  ///< F16
};
static_assert(sizeof(Block) == 210);

}  // namespace

void decodeQ6K(std::span<const std::byte> blocks, std::span<float> weights) {
  forEachBlock<Block, 256>(blocks, weights, [](const Block& block, float* out) {
    const float scaleOfScales = halfToFloat(block.scaleOfScales);
    for (int group = 0; group < 16; ++group) {
      const int half = group / 8, run = group / 2 % 4, start = group % 2 * 16;
      const std::uint8_t* nibbles = block.nibbles + half * 64 + run % 2 * 32 + start;
      const std::uint8_t* upper = block.upper + half * 32 + start;
      const int nibbleShift = run / 2 * 4, upperShift = run * 2;
      const float scale = scaleOfScales * static_cast<float>(block.groupScales[group]);
      for (int i = 0; i < 16; ++i) {
        const int quant = ((nibbles[i] >> nibbleShift) & 15) | ((upper[i] >> upperShift) & 3) << 4;
        out[group * 16 + i] = scale * static_cast<float>(quant - 32);
      }
    }
  });
}

}  // namespace cutaway
