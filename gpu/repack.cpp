#include "gpu/repack.h"

#include <array>
#include <cstring>

namespace cutaway::gpu {
namespace {

/// A row's pieces in the block: piece p begins 8 pieces after piece p - 1.
struct Row {
  std::uint32_t* out;
  std::uint32_t* piece(std::uint32_t p) const { return out + p * kBlockRows * 4; }
};

std::uint32_t byteAt(const std::byte* p) { return static_cast<std::uint32_t>(*p); }
std::uint32_t halfAt(const std::byte* p) { return byteAt(p) | byteAt(p + 1) << 8; }
std::uint32_t wordAt(const std::byte* p) { return halfAt(p) | halfAt(p + 2) << 16; }

/// 32 values of 4 bits, taken from the low or high nibbles of 32 bytes, in order.
void packNibbles(const std::byte* bytes, std::uint32_t shift, std::uint32_t* piece) {
  for (std::uint32_t i = 0; i < 32; ++i) piece[i / 8] |= (byteAt(bytes + i) >> shift & 15) << i % 8 * 4;
}

/// The nibbles of ggml's 32-column blocks: column i in the low nibble of byte i, column i + 16 in its high
/// one.
void packSplitNibbles(const std::byte* bytes, std::uint32_t* piece) {
  for (std::uint32_t i = 0; i < 16; ++i) {
    piece[i / 8] |= (byteAt(bytes + i) & 15) << i % 8 * 4;
    piece[2 + i / 8] |= byteAt(bytes + i) >> 4 << i % 8 * 4;
  }
}

void repackWords(const std::byte* row, std::uint32_t bytes, Row out) {
  for (std::uint32_t p = 0; p * kPieceBytes < bytes; ++p)
    std::memcpy(out.piece(p), row + p * kPieceBytes, std::min(kPieceBytes, bytes - p * kPieceBytes));
}

void repack32(const std::byte* row, std::uint32_t columns, std::uint32_t* out) {
  repackWords(row, columns * 4, {out});
}
void repack16(const std::byte* row, std::uint32_t columns, std::uint32_t* out) {
  repackWords(row, columns * 2, {out});
}

/// Word i of the piece of halves holds those of groups i and i + 4.
void putHalf(std::uint32_t* aux, std::uint32_t group, std::uint32_t half) {
  aux[group % 4] |= half << group / 4 * 16;
}

void repackQ8_0(const std::byte* row, std::uint32_t columns, std::uint32_t* out) {
  for (std::uint32_t g = 0; g < columns / 32; ++g, row += 34) {
    const std::uint32_t chunk = g / 8 * 17, i = g % 8;
    putHalf(Row{out}.piece(chunk), i, halfAt(row));
    for (std::uint32_t p = 0; p < 2; ++p) {
      std::uint32_t* piece = Row{out}.piece(chunk + 1 + 2 * i + p);
      std::memcpy(piece, row + 2 + 16 * p, kPieceBytes);
      for (std::uint32_t w = 0; w < 4; ++w) piece[w] ^= 0x80808080;  // q + 128 is never negative
    }
  }
}

void repackQ4_0(const std::byte* row, std::uint32_t columns, std::uint32_t* out) {
  for (std::uint32_t g = 0; g < columns / 32; ++g, row += 18) {
    const std::uint32_t chunk = g / 8 * 9, i = g % 8;
    putHalf(Row{out}.piece(chunk), i, halfAt(row));
    packSplitNibbles(row + 2, Row{out}.piece(chunk + 1 + i));
  }
}

void repackQ4_1(const std::byte* row, std::uint32_t columns, std::uint32_t* out) {
  for (std::uint32_t g = 0; g < columns / 32; ++g, row += 20) {
    const std::uint32_t chunk = g / 4 * 5, i = g % 4;
    Row{out}.piece(chunk)[i] = wordAt(row);
    packSplitNibbles(row + 4, Row{out}.piece(chunk + 1 + i));
  }
}

void repackQ5_0(const std::byte* row, std::uint32_t columns, std::uint32_t* out) {
  for (std::uint32_t g = 0; g < columns / 32; ++g, row += 22) {
    const std::uint32_t chunk = g / 2 * 3, i = g % 2;
    Row{out}.piece(chunk)[i] = wordAt(row + 2);
    Row{out}.piece(chunk)[2] |= halfAt(row) << i * 16;
    packSplitNibbles(row + 6, Row{out}.piece(chunk + 1 + i));
  }
}

void repackQ5_1(const std::byte* row, std::uint32_t columns, std::uint32_t* out) {
  for (std::uint32_t g = 0; g < columns / 32; ++g, row += 24) {
    const std::uint32_t chunk = g / 2 * 3, i = g % 2;
    Row{out}.piece(chunk)[i] = wordAt(row + 4);
    Row{out}.piece(chunk)[2 + i] = wordAt(row);
    packSplitNibbles(row + 8, Row{out}.piece(chunk + 1 + i));
  }
}

/// 32 pairs of bits, taken from bits `shift` and `shift` + 1 of 32 bytes, in order: two words.
void packPairs(const std::byte* bytes, std::uint32_t shift, std::uint32_t* words) {
  for (std::uint32_t i = 0; i < 32; ++i) words[i / 16] |= (byteAt(bytes + i) >> shift & 3) << i % 16 * 2;
}

void repackQ2_K(const std::byte* row, std::uint32_t columns, std::uint32_t* out) {
  for (std::uint32_t half = 0; half < columns / 128; ++half) {  // 128 columns make a chunk
    const std::byte* block = row + half / 2 * 84;
    std::uint32_t* aux = Row{out}.piece(half * 3);
    aux[0] = wordAt(block + 80);
    aux[1] = wordAt(block + half % 2 * 8);
    aux[2] = wordAt(block + half % 2 * 8 + 4);
    for (std::uint32_t g = 0; g < 4; ++g)
      packPairs(block + 16 + half % 2 * 32, 2 * g, Row{out}.piece(half * 3 + 1 + g / 2) + g % 2 * 2);
  }
}

/// The 6-bit scale of 16 columns, from the 12 bytes of a Q3_K block.
std::uint32_t sixBitScale(const std::byte* bytes, std::uint32_t i) {
  return (byteAt(bytes + i % 8) >> i / 8 * 4 & 15) | (byteAt(bytes + 8 + i % 4) >> i / 4 * 2 & 3) << 4;
}

void repackQ3_K(const std::byte* row, std::uint32_t columns, std::uint32_t* out) {
  for (std::uint32_t block = 0; block < columns / 256; ++block, row += 110) {
    std::uint32_t* aux = Row{out}.piece(block * 7);
    aux[0] = halfAt(row + 108);
    for (std::uint32_t i = 0; i < 16; ++i) {
      const std::uint64_t bits = std::uint64_t{sixBitScale(row + 96, i)} << 6 * i % 32;
      aux[1 + 6 * i / 32] |= static_cast<std::uint32_t>(bits);
      if (bits >> 32) aux[2 + 6 * i / 32] |= static_cast<std::uint32_t>(bits >> 32);
    }
    for (std::uint32_t g = 0; g < 8; ++g) {
      packPairs(row + 32 + g / 4 * 32, g % 4 * 2, Row{out}.piece(block * 7 + 1 + g / 2) + g % 2 * 2);
      std::uint32_t& thirds = Row{out}.piece(block * 7 + 5 + g / 4)[g % 4];
      for (std::uint32_t i = 0; i < 32; ++i) thirds |= (byteAt(row + i) >> g & 1) << i;
    }
  }
}

/// The 6-bit scale (low 6 bits) and minimum (next 6) of group g, from the 12 bytes of a Q4_K or Q5_K block.
std::uint32_t scaleAndMin(const std::byte* bytes, std::uint32_t g) {
  if (g < 4) return (byteAt(bytes + g) & 63) | (byteAt(bytes + g + 4) & 63) << 6;
  const std::uint32_t low = byteAt(bytes + g + 4);
  const std::uint32_t scale = (low & 15) | byteAt(bytes + g - 4) >> 6 << 4;
  const std::uint32_t min = low >> 4 | byteAt(bytes + g) >> 6 << 4;
  return scale | min << 6;
}

void repackQ4_K(const std::byte* row, std::uint32_t columns, std::uint32_t* out) {
  for (std::uint32_t block = 0; block < columns / 256; ++block, row += 144) {
    std::uint32_t* aux = Row{out}.piece(block * 9);
    aux[0] = wordAt(row);
    for (std::uint32_t g = 0; g < 8; ++g) {
      const std::uint64_t bits = std::uint64_t{scaleAndMin(row + 4, g)} << 12 * g % 32;
      aux[1 + 12 * g / 32] |= static_cast<std::uint32_t>(bits);
      if (bits >> 32) aux[2 + 12 * g / 32] |= static_cast<std::uint32_t>(bits >> 32);
      packNibbles(row + 16 + g / 2 * 32, g % 2 * 4, Row{out}.piece(block * 9 + 1 + g));
    }
  }
}

void repackQ5_K(const std::byte* row, std::uint32_t columns, std::uint32_t* out) {
  for (std::uint32_t block = 0; block < columns / 256; ++block, row += 176) {
    const std::byte *high = row + 16, *low = row + 48;
    for (std::uint32_t g = 0; g < 8; ++g) {
      const std::uint32_t chunk = (block * 4 + g / 2) * 3;
      std::uint32_t* aux = Row{out}.piece(chunk);
      for (std::uint32_t i = 0; i < 32; ++i) aux[g % 2] |= (byteAt(high + i) >> g & 1) << i;
      aux[2] |= scaleAndMin(row + 4, g) << g % 2 * 12;
      aux[3] = wordAt(row);
      packNibbles(low + g / 2 * 32, g % 2 * 4, Row{out}.piece(chunk + 1 + g % 2));
    }
  }
}

void repackQ6_K(const std::byte* row, std::uint32_t columns, std::uint32_t* out) {
  for (std::uint32_t half = 0; half < columns / 128; ++half) {  // 128 columns make a chunk
    const std::byte* block = row + half / 2 * 210;
    const std::byte *low = block + half % 2 * 64, *high = block + 128 + half % 2 * 32;
    const std::byte* scales = block + 192 + half % 2 * 8;
    std::uint32_t* aux = Row{out}.piece(half * 7);
    aux[0] = wordAt(scales);
    aux[1] = wordAt(scales + 4);
    aux[2] = halfAt(block + 208);
    for (std::uint32_t g = 0; g < 4; ++g) {
      packNibbles(low + g % 2 * 32, g / 2 * 4, Row{out}.piece(half * 7 + 1 + g));
      packPairs(high, 2 * g, Row{out}.piece(half * 7 + 5 + g / 2) + g % 2 * 2);
    }
  }
}

constexpr std::array kLayouts = {
    DeviceLayout{FormatId::f32, 0, 8, 8, repack32},    DeviceLayout{FormatId::f16, 0, 4, 4, repack16},
    DeviceLayout{FormatId::bf16, 0, 4, 4, repack16},   DeviceLayout{FormatId::q8_0, 8, 17, 2, repackQ8_0},
    DeviceLayout{FormatId::q4_0, 8, 9, 1, repackQ4_0}, DeviceLayout{FormatId::q4_1, 4, 5, 1, repackQ4_1},
    DeviceLayout{FormatId::q5_0, 2, 3, 1, repackQ5_0}, DeviceLayout{FormatId::q5_1, 2, 3, 1, repackQ5_1},
    DeviceLayout{FormatId::q2_K, 4, 3, 1, repackQ2_K}, DeviceLayout{FormatId::q3_K, 8, 7, 1, repackQ3_K},
    DeviceLayout{FormatId::q4_K, 8, 9, 1, repackQ4_K}, DeviceLayout{FormatId::q5_K, 2, 3, 1, repackQ5_K},
    DeviceLayout{FormatId::q6_K, 4, 7, 1, repackQ6_K},
    DeviceLayout{FormatId::q4_Z, 4, 5, 1, repackQ4_1},  // scale and zero point lie as scale and minimum
};
constexpr bool inOrder() {
  for (std::size_t i = 0; i < kLayouts.size(); ++i)
    if (static_cast<std::size_t>(kLayouts[i].id) != i) return false;
  return kLayouts.size() == kFormatCount;
}
static_assert(inOrder());

}  // namespace

const DeviceLayout& deviceLayout(FormatId format) { return kLayouts[static_cast<std::size_t>(format)]; }

std::uint32_t groupsOf(std::uint64_t columns) {
  return static_cast<std::uint32_t>((columns + kGroupColumns - 1) / kGroupColumns);
}

std::uint32_t rowPieces(FormatId format, std::uint64_t columns) {
  const DeviceLayout& layout = deviceLayout(format);
  const std::uint32_t groups = groupsOf(columns);
  if (layout.auxGroups == 0) return groups * layout.chunkPieces;
  const std::uint32_t rest = groups % layout.auxGroups;
  return groups / layout.auxGroups * layout.chunkPieces + (rest ? 1 + rest * layout.groupPieces : 0);
}

std::uint64_t matrixBytes(FormatId format, std::uint64_t rows, std::uint64_t columns) {
  return (rows + kBlockRows - 1) / kBlockRows * kBlockRows * rowPieces(format, columns) * kPieceBytes;
}

void repackRows(FormatId format, const std::byte* source, std::uint64_t rows, std::uint32_t columns,
                std::byte* out) {
  const DeviceLayout& layout = deviceLayout(format);
  const std::uint64_t rowBytes = numberFormat(format).bytesFor(columns);
  const std::uint64_t blockBytes = matrixBytes(format, kBlockRows, columns);
  for (std::uint64_t row = 0; row < rows; ++row) {
    std::byte* block = out + row / kBlockRows * blockBytes;
    if (row % kBlockRows == 0) std::memset(block, 0, blockBytes);
    auto* words = reinterpret_cast<std::uint32_t*>(block) + row % kBlockRows * 4;
    layout.repackRow(source + row * rowBytes, columns, words);
  }
}

}  // namespace cutaway::gpu
