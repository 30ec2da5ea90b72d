// Q8_0: 32 weights as signed bytes and one scale.
#include "core/quant/decoders.h"
#include "core/quant/half.h"

namespace cutaway {
namespace {

struct CUTAWAY_BLOCK Block {
  std::uint16_t scale;  ///< F16
  std::int8_t quants[32];
};
static_assert(sizeof(Block) == 34);

}  // namespace

CUTAWAY_MULTIVERSION void decodeQ8_0(std::span<const std::byte> blocks, std::span<float> weights) {
  forEachBlock<Block, 32>(blocks, weights, [](const Block& __restrict block, float* __restrict out) {
    const float scale = halfToFloat(block.scale);
    CUTAWAY_VECTOR_LOOP
    for (int i = 0; i < 32; ++i) out[i] = scale * static_cast<float>(block.quants[i]);
  });
}

}  // namespace cutaway
