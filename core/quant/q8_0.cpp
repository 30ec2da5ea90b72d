// Q8_0: 32 weights as signed bytes and one scale.
#include "core/quant/decoders.h"
#include "core/quant/half.h"

namespace cutaway {
namespace {

struct Block {
  std::uint16_t scale;  ///< F16
  std::int8_t quants[32];
};
static_assert(sizeof(Block) == 34);

}  // namespace

void decodeQ8_0(std::span<const std::byte> blocks, std::span<float> weights) {
  forEachBlock<Block, 32>(blocks, weights, [](const Block& block, float* out) {
    const float scale = halfToFloat(block.scale);
    for (int i = 0; i < 32; ++i) out[i] = scale * static_cast<float>(block.quants[i]);
  });
}

}  // namespace cutaway
