// Q4_K: 256 weights of 4 bits in eight groups of 32, each with a 6-bit scale and minimum under two F16
// scales.
#include "core/quant/decoders.h"
#include "core/quant/half.h"

namespace cutaway {
namespace {

struct Block {
  std::uint16_t scaleOfScales, scaleOfMinima;  ///< F16
  std::uint8_t groups[12];                     ///< see GroupScales
  std::uint8_t
      nibbles[128];  ///< each run of 32 bytes holds an even group in its low halves, the next in the high
};
static_assert(sizeof(Block) == 144);

}  // namespace

void decodeQ4K(std::span<const std::byte> blocks, std::span<float> weights) {
  forEachBlock<Block, 256>(blocks, weights, [](const Block& block, float* out) {
    const float scaleOfScales = halfToFloat(block.scaleOfScales);
    const float scaleOfMinima = halfToFloat(block.scaleOfMinima);
    const GroupScales groups = unpackGroupScales(block.groups);
    for (int group = 0; group < 8; ++group) {
      const float scale = scaleOfScales * static_cast<float>(groups.scale[group]);
      const float minimum = scaleOfMinima * static_cast<float>(groups.minimum[group]);
      const std::uint8_t* nibbles = block.nibbles + group / 2 * 32;
      const int shift = group % 2 * 4;
      for (int i = 0; i < 32; ++i)
        out[group * 32 + i] = scale * static_cast<float>((nibbles[i] >> shift) & 15) - minimum;
    }
  });
}

}  // namespace cutaway
