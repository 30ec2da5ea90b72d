// The decoders, one file each, to be reached through the table of number_format.cpp; and what they share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace cutaway {

/// NumberFormat::decode.
using Decode = void(std::span<const std::byte> blocks, std::span<float> weights);
Decode decodeF32, decodeF16, decodeBf16, decodeQ8_0, decodeQ4_0, decodeQ4_1, decodeQ5_0, decodeQ5_1;
Decode decodeQ4K, decodeQ5K, decodeQ6K;

/// Calls decodeBlock(const Block&, float* out) for every block of kWeights weights. Blocks are copied out
/// because their sizes of 18 or 210 bytes align nothing.
template <class Block, std::size_t kWeights, class DecodeBlock>
void forEachBlock(std::span<const std::byte> blocks, std::span<float> weights, DecodeBlock decodeBlock) {
  const std::byte* source = blocks.data();
  float* out = weights.data();
  for (std::size_t left = weights.size() / kWeights; left != 0; --left) {
    Block block;
    std::memcpy(&block, source, sizeof(Block));
    decodeBlock(block, out);
    source += sizeof(Block);
    out += kWeights;
  }
}

/// The 6-bit scale and minimum of each group of 32 weights, as Q4_K and Q5_K pack eight pairs in 12 bytes:
/// the low six bits of the first eight bytes hold scales, then minima of groups 0 to 3; the last four bytes
/// hold the low nibbles of groups 4 to 7, whose two high bits are on top of the first eight bytes.
struct GroupScales {
  std::uint8_t scale[8];
  std::uint8_t minimum[8];
};

inline GroupScales unpackGroupScales(const std::uint8_t (&packed)[12]) {
  GroupScales groups;
  for (int i = 0; i < 4; ++i) {
    groups.scale[i] = packed[i] & 63;
    groups.minimum[i] = packed[i + 4] & 63;
    groups.scale[i + 4] = static_cast<std::uint8_t>((packed[i + 8] & 15) | (packed[i] >> 6 << 4));
    groups.minimum[i + 4] = static_cast<std::uint8_t>((packed[i + 8] >> 4) | (packed[i + 4] >> 6 << 4));
  }
  return groups;
}

}  // namespace cutaway
