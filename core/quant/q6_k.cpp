// Q6_K: 256 weights of 6 bits around 32 in sixteen groups of 16, each with an 8-bit scale under one F16
// scale.
#include "core/quant/k_search.h"

namespace cutaway {
namespace {

/// The block is two halves of 128 weights, and each half four runs of 32. Run r of half h has its low four
/// bits in nibbles[64 h + 32 (r % 2) ..], low halves for r < 2, and its high two bits in bits 2 r of upper[32
/// h ..].
struct CUTAWAY_PACKED Block {
  static constexpr std::size_t kWeights = 256;
  std::uint8_t nibbles[128];
  std::uint8_t upper[64];
  std::int8_t groupScales[16];
  std::uint16_t scaleOfScales;  ///< F16

  template <class Step>
  CUTAWAY_INLINE void decode(float* out) const {
    const float factor = scaleToFloat(scaleOfScales);
    for (int half = 0; half < 2; ++half)
      for (int i = 0; i < 32; i += Step::width) {
        const auto evenRuns = Step::load(nibbles + half * 64 + i),
                   oddRuns = Step::load(nibbles + half * 64 + 32 + i);
        const auto high = Step::load(upper + half * 32 + i);
        for (int run = 0; run < 4; ++run) {
          const auto bytes = run % 2 == 0 ? evenRuns : oddRuns;
          const auto quants = (run < 2 ? Step::lowNibbles(bytes) : Step::highNibbles(bytes)) |
                              Step::shifted(high, 4 - 2 * run, 48);
          const float scale = factor * static_cast<float>(groupScales[half * 8 + run * 2 + i / 16]);
          Step::store(out + half * 128 + run * 32 + i, scale * Step::toFloats(quants - 32));
        }
      }
  }

  CUTAWAY_INLINE void encode(const float* x, const float* importance) {
    SymmetricBlock found;
    encodeSymmetric(x, importance, 32, 128, found);
    scaleOfScales = found.scaleOfScales;
    std::memcpy(groupScales, found.scales, sizeof groupScales);
    for (int half = 0; half < 2; ++half)
      for (int i = 0; i < 32; ++i) {
        const std::uint8_t* level = found.levels + half * 128 + i;  // run r of the half is at level[32 r]
        nibbles[half * 64 + i] = static_cast<std::uint8_t>((level[0] & 15) | (level[64] & 15) << 4);
        nibbles[half * 64 + 32 + i] = static_cast<std::uint8_t>((level[32] & 15) | (level[96] & 15) << 4);
        upper[half * 32 + i] = static_cast<std::uint8_t>(level[0] >> 4 | level[32] >> 4 << 2 | level[64] >> 4 << 4 |
                                                         level[96] >> 4 << 6);
      }
  }
};
static_assert(sizeof(Block) == 210);

}  // namespace

void decodeQ6K(std::span<const std::byte> blocks, std::span<float> weights) {
  decodeBlocks<Block>(blocks, weights);
}

void encodeQ6K(std::span<const float> weights, std::span<const float> importance, std::span<std::byte> blocks) {
  encodeBlocks<Block>(weights, importance, blocks);
}

}  // namespace cutaway
