// Q2_K: 256 weights of 2 bits in sixteen groups of 16, each with a 4-bit scale and minimum under two F16 scales.
#include "core/quant/k_search.h"

namespace cutaway {
namespace {

/// The block is two halves of 128 weights, and each half four runs of 32: run r is in bits 2 r of pairs[32 half ..].
struct CUTAWAY_PACKED Block {
  static constexpr std::size_t kWeights = 256;
  std::uint8_t groups[16];                     ///< scale in the low half, minimum in the high half
  std::uint8_t pairs[64];
  std::uint16_t scaleOfScales, scaleOfMinima;  ///< F16

  template <class Step>
  CUTAWAY_INLINE void decode(float* out) const {
    const float factor = scaleToFloat(scaleOfScales), lowest = scaleToFloat(scaleOfMinima);
    for (int half = 0; half < 2; ++half)
      for (int i = 0; i < 32; i += Step::width) {
        const auto bytes = Step::load(pairs + half * 32 + i);
        for (int run = 0; run < 4; ++run) {
          const unsigned group = groups[half * 8 + run * 2 + i / 16];
          const float scale = factor * static_cast<float>(group & 15), minimum = lowest * static_cast<float>(group >> 4);
          Step::store(out + half * 128 + run * 32 + i,
                      scale * Step::toFloats(Step::shifted(bytes, -2 * run, 3)) - minimum);
        }
      }
  }

  CUTAWAY_INLINE void encode(const float* x, const float* importance) {
    AffineBlock<16> found;
    encodeAffine(x, importance, {3, 15, {-0.5f, 0.1f, 16}}, found);
    scaleOfScales = found.scaleOfScales;
    scaleOfMinima = found.scaleOfMinima;
    for (int g = 0; g < 16; ++g) groups[g] = static_cast<std::uint8_t>(found.scales[g] | found.minima[g] << 4);
    for (int i = 0; i < 64; ++i) {
      const std::uint8_t* level = found.levels + i / 32 * 128 + i % 32;
      pairs[i] = static_cast<std::uint8_t>(level[0] | level[32] << 2 | level[64] << 4 | level[96] << 6);
    }
  }
};
static_assert(sizeof(Block) == 84);

}  // namespace

void decodeQ2K(std::span<const std::byte> blocks, std::span<float> weights) {
  decodeBlocks<Block>(blocks, weights);
}

void encodeQ2K(std::span<const float> weights, std::span<const float> importance, std::span<std::byte> blocks) {
  encodeBlocks<Block>(weights, importance, blocks);
}

}  // namespace cutaway
