// Q3_K: 256 weights of 3 bits around 4 in sixteen groups of 16, each with a 6-bit scale around 32 under one F16 scale.
#include "core/quant/k_search.h"

namespace cutaway {
namespace {

/// Pairs lie as in Q2_K. The third bit of run r of half h is bit 4 h + r of thirdBits[0 ..]. Scale g has its low four
/// bits in scales[g % 8], low half for g < 8, and its high two in bits 2 (g / 4) of scales[8 + g % 4].
struct CUTAWAY_PACKED Block {
  static constexpr std::size_t kWeights = 256;
  std::uint8_t thirdBits[32];
  std::uint8_t pairs[64];
  std::uint8_t scales[12];
  std::uint16_t scaleOfScales;  ///< F16

  CUTAWAY_INLINE int scaleOf(int g) const {
    return ((scales[g % 8] >> g / 8 * 4 & 15) | (scales[8 + g % 4] >> g / 4 * 2 & 3) << 4) - 32;
  }

  template <class Step>
  CUTAWAY_INLINE void decode(float* out) const {
    const float factor = scaleToFloat(scaleOfScales);
    for (int i = 0; i < 32; i += Step::width) {
      const auto thirds = Step::load(thirdBits + i);
      for (int half = 0; half < 2; ++half) {
        const auto bytes = Step::load(pairs + half * 32 + i);
        for (int run = 0; run < 4; ++run) {
          const auto quants = Step::shifted(bytes, -2 * run, 3) | Step::whereBit(thirds, half * 4 + run, 4);
          const float scale = factor * static_cast<float>(scaleOf(half * 8 + run * 2 + i / 16));
          Step::store(out + half * 128 + run * 32 + i, scale * Step::toFloats(quants - 4));
        }
      }
    }
  }

  CUTAWAY_INLINE void encode(const float* x, const float* importance) {
    SymmetricBlock found;
    encodeSymmetric(x, importance, 4, 32, found);
    scaleOfScales = found.scaleOfScales;
    std::memset(scales, 0, sizeof scales);
    for (int g = 0; g < 16; ++g) {
      const int scale = found.scales[g] + 32;
      scales[g % 8] |= static_cast<std::uint8_t>((scale & 15) << g / 8 * 4);
      scales[8 + g % 4] |= static_cast<std::uint8_t>(scale >> 4 << g / 4 * 2);
    }
    for (int i = 0; i < 64; ++i) {
      const std::uint8_t* level = found.levels + i / 32 * 128 + i % 32;
      pairs[i] = static_cast<std::uint8_t>((level[0] & 3) | (level[32] & 3) << 2 | (level[64] & 3) << 4 |
                                           (level[96] & 3) << 6);
    }
    for (int i = 0; i < 32; ++i) {
      unsigned bits = 0;
      for (int run = 0; run < 8; ++run) bits |= (found.levels[run * 32 + i] >> 2 & 1u) << run;
      thirdBits[i] = static_cast<std::uint8_t>(bits);
    }
  }
};
static_assert(sizeof(Block) == 110);

}  // namespace

void decodeQ3K(std::span<const std::byte> blocks, std::span<float> weights) {
  decodeBlocks<Block>(blocks, weights);
}

void encodeQ3K(std::span<const float> weights, std::span<const float> importance, std::span<std::byte> blocks) {
  encodeBlocks<Block>(weights, importance, blocks);
}

}  // namespace cutaway
