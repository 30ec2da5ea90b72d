// The decoders, one file each, to be reached through the table of number_format.cpp; and what they share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "core/base/multiversion.h"
#include "core/quant/half.h"
#include "core/quant/weights_step.h"

namespace cutaway {

/// NumberFormat::decode.
using Decode = void(std::span<const std::byte> blocks, std::span<float> weights);
Decode decodeF32, decodeF16, decodeBf16, decodeQ8_0, decodeQ4_0, decodeQ4_1, decodeQ5_0, decodeQ5_1;
Decode decodeQ2K, decodeQ3K, decodeQ4K, decodeQ5K, decodeQ6K, decodeQ4Z;

/// For the structs of blocks: their sizes of 18 or 210 bytes align nothing in a file.
#define CUTAWAY_PACKED [[gnu::packed, gnu::may_alias]]

/// Calls block.decode<Step>(out), which decodes Block::kWeights weights, for every block. Blocks are read in
/// place: a copy would be waited for.
template <class Block>
void decodeBlocks(std::span<const std::byte> blocks, std::span<float> weights) {
  static_assert(alignof(Block) == 1);
  onProcessor([=]<class On>(On) CUTAWAY_INLINE_LAMBDA {
    constexpr bool kIsWide = On::processor == Processor::x86_64v4;
    using Step = WeightsStep<std::conditional_t<kIsWide, SixteenWeights, EightWeights>>;
    const auto* block = reinterpret_cast<const Block*>(blocks.data());
    float* out = weights.data();
    for (std::size_t left = weights.size() / Block::kWeights; left != 0;
         --left, ++block, out += Block::kWeights)
      block->template decode<Step>(out);
  });
}

/// Scale and minimum of each group of 32 weights.
struct ScaledGroups {
  float scale[8];
  float minimum[8];
};

/// Q4_K and Q5_K pack eight pairs of 6 bits in 12 bytes: the low six bits of the first eight bytes hold
/// scales, then minima of groups 0 to 3; the last four bytes hold the low nibbles of groups 4 to 7, whose two
/// high bits are on top of the first eight bytes. Over each of the two lies an F16 scale.
CUTAWAY_INLINE ScaledGroups scaledGroups(std::uint16_t scaleOfScales, std::uint16_t scaleOfMinima,
                                         const std::uint8_t (&packed)[12]) {
  const float scale = scaleToFloat(scaleOfScales), minimum = scaleToFloat(scaleOfMinima);
  ScaledGroups groups;
  for (int i = 0; i < 4; ++i) {
    groups.scale[i] = scale * static_cast<float>(packed[i] & 63);
    groups.minimum[i] = minimum * static_cast<float>(packed[i + 4] & 63);
    groups.scale[i + 4] = scale * static_cast<float>((packed[i + 8] & 15) | (packed[i] >> 6 << 4));
    groups.minimum[i + 4] = minimum * static_cast<float>((packed[i + 8] >> 4) | (packed[i + 4] >> 6 << 4));
  }
  return groups;
}

}  // namespace cutaway
