#include "gpu/repack_map.h"

#include <algorithm>

namespace cutaway::gpu {
namespace {

constexpr std::uint32_t kHalfBits = 16;

/// The words that a run becomes.
std::vector<std::uint32_t> repacked(FormatId format, const std::vector<std::byte>& run,
                                    std::uint32_t pieces) {
  std::vector<std::uint32_t> block(std::size_t{pieces} * kBlockRows * 4), words;
  repackRows(format, run.data(), 1, RepackMap::kColumns, reinterpret_cast<std::byte*>(block.data()));
  for (std::uint32_t p = 0; p < pieces; ++p)
    words.insert(words.end(), block.begin() + p * kBlockRows * 4, block.begin() + p * kBlockRows * 4 + 4);
  return words;
}

/// For each bit of the words the source bit, or kNothing. A probe per digit: source bit i is set in probe k
/// if i + 1 has the digit k, so that each bit of the words spells its source.
std::vector<std::uint32_t> sourceBits(FormatId format, const RepackMap& map,
                                      const std::vector<std::uint32_t>& flipped) {
  const std::uint32_t bits = map.sourceBytes * 8;
  std::vector<std::uint32_t> sources(flipped.size() * 32);
  for (std::uint32_t digit = 0; bits >> digit; ++digit) {
    std::vector<std::byte> run(map.sourceBytes);
    for (std::uint32_t i = 0; i < bits; ++i)
      if ((i + 1) >> digit & 1) run[i / 8] |= std::byte{1} << i % 8;
    const auto words = repacked(format, run, map.pieces);
    for (std::size_t j = 0; j < sources.size(); ++j)
      sources[j] |= ((words[j / 32] ^ flipped[j / 32]) >> j % 32 & 1) << digit;
  }
  for (std::uint32_t& source : sources) source -= 1;  // none, 0, becomes kNothing
  return sources;
}

/// Whether every run of so many bits comes from one run of source bits within a half word.
bool inFields(const std::vector<std::uint32_t>& sources, std::uint32_t bits) {
  for (std::size_t first = 0; first < sources.size(); first += bits) {
    const std::uint32_t from = sources[first];
    for (std::uint32_t i = 1; i < bits; ++i)
      if (sources[first + i] != (from == RepackMap::kNothing ? from : from + i)) return false;
    if (from != RepackMap::kNothing && from % kHalfBits + bits > kHalfBits) return false;
  }
  return true;
}

}  // namespace

RepackMap repackMap(FormatId format) {
  RepackMap map;
  map.sourceBytes = static_cast<std::uint32_t>(numberFormat(format).bytesFor(RepackMap::kColumns));
  map.pieces = rowPieces(format, RepackMap::kColumns);
  const auto flipped = repacked(format, std::vector<std::byte>(map.sourceBytes), map.pieces);
  const auto sources = sourceBits(format, map, flipped);
  map.bits = kHalfBits;
  while (!inFields(sources, map.bits)) map.bits /= 2;
  for (std::size_t word = 0; word < flipped.size(); ++word) {
    map.words.push_back(flipped[word]);
    for (std::uint32_t bit = 0; bit < 32; bit += map.bits) map.words.push_back(sources[word * 32 + bit]);
  }
  return map;
}

}  // namespace cutaway::gpu
