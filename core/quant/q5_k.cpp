// Q5_K: 256 weights of 5 bits in eight groups of 32, each with a 6-bit scale and minimum under two F16
// scales.
#include "core/quant/decoders.h"
#include "core/quant/half.h"

namespace cutaway {
namespace {

struct Block {
  std::uint16_t scaleOfScales, scaleOfMinima;  ///< F16
  std::uint8_t groups[12];                     ///< see GroupScales
  std::uint8_t fifthBits[32];                  ///< of weight i of group g in bit g of byte i
  std::uint8_t
      nibbles[128];  ///< each run of 32 bytes holds an even group in its low halves, the next in the high
};
static_assert(sizeof(Block) == 176);

}  // namespace

void decodeQ5K(std::span<const std::byte> blocks, std::span<float> weights) {
  forEachBlock<Block, 256>(blocks, weights, [](const Block& block, float* out) {
    const float scaleOfScales = halfToFloat(block.scaleOfScales);
    const float scaleOfMinima = halfToFloat(block.scaleOfMinima);
    const GroupScales groups = unpackGroupScales(block.groups);
    for (int group = 0; group < 8; ++group) {
      const float scale = scaleOfScales * static_cast<float>(groups.scale[group]);
      const float minimum = scaleOfMinima * static_cast<float>(groups.minimum[group]);
      const std::uint8_t* nibbles = block.nibbles + group / 2 * 32;
      const int shift = group % 2 * 4;
      for (int i = 0; i < 32; ++i) {
        const int quant = ((nibbles[i] >> shift) & 15) | ((block.fifthBits[i] >> group) & 1) << 4;
        out[group * 32 + i] = scale * static_cast<float>(quant) - minimum;
      }
    }
  });
}

}  // namespace cutaway
