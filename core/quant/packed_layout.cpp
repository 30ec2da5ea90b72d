#include "core/quant/packed_layout.h"

#include <algorithm>
#include <cstring>

namespace cutaway {
namespace {

constexpr std::uint32_t kAwqOrder[8] = {0, 2, 4, 6, 1, 3, 5, 7};

std::uint32_t wordAt(std::span<const std::byte> words, std::size_t index) {
  std::uint32_t word;
  std::memcpy(&word, words.data() + index * sizeof word, sizeof word);
  return word;
}

/// Code `index` of a stream of codes that lie bit behind bit, where word w of the stream is word(w).
template <class Word>
std::uint32_t codeAt(std::uint32_t index, std::uint32_t bits, Word word) {
  const std::uint32_t bit = index * bits, shift = bit % 32;
  std::uint64_t pair = word(bit / 32);
  if (shift + bits > 32) pair |= std::uint64_t{word(bit / 32 + 1)} << 32;
  return static_cast<std::uint32_t>(pair >> shift) & ((1u << bits) - 1);
}

template <class Word>
void putCode(std::uint32_t index, std::uint32_t bits, std::uint32_t code, Word word) {
  const std::uint32_t bit = index * bits, shift = bit % 32;
  word(bit / 32) |= static_cast<std::int32_t>(code << shift);
  if (shift + bits > 32) word(bit / 32 + 1) |= static_cast<std::int32_t>(code >> (32 - shift));
}

/// Where output `row` lies among the nibbles of its word.
std::uint32_t awqPlace(std::uint32_t row) {
  return static_cast<std::uint32_t>(std::ranges::find(kAwqOrder, row % 8) - kAwqOrder);
}

void packNibbles(const std::uint8_t* levels, std::byte* nibbles) {
  for (std::size_t i = 0; i < 16; ++i) nibbles[i] = static_cast<std::byte>(levels[i] | levels[i + 16] << 4);
}

void putHalf(std::uint16_t half, std::byte* out) { std::memcpy(out, &half, sizeof half); }

void writeBlock(FormatId format, std::uint32_t bits, const std::uint8_t* codes, const GroupScale& scale, std::byte* out) {
  std::uint8_t levels[32];
  const int middle = 1 << (bits - 1);
  putHalf(scale.scale, out);
  if (format == FormatId::q8_0) {
    for (int i = 0; i < 32; ++i) out[2 + i] = static_cast<std::byte>(codes[i] - middle);
  } else if (format == FormatId::q4_0) {
    for (int i = 0; i < 32; ++i) levels[i] = static_cast<std::uint8_t>(codes[i] + 8 - middle);
    packNibbles(levels, out + 2);
  } else {
    if (format == FormatId::q4_1)
      putHalf(floatToHalf(-scale.factor() * static_cast<float>(scale.zero)), out + 2);
    else
      putHalf(scale.zero, out + 2);
    packNibbles(codes, out + 4);
  }
}

}  // namespace

void PackedMatrix::unpack(std::uint32_t first, std::uint32_t count, std::uint8_t* codes) const {
  if (layout == PackedLayout::gptq) {
    for (std::uint32_t column = 0; column < columns; ++column)
      for (std::uint32_t r = 0; r < count; ++r)
        codes[std::size_t{r} * columns + column] = static_cast<std::uint8_t>(codeAt(
            column, bits, [&](std::uint32_t w) { return wordAt(weights, std::size_t{w} * rows + first + r); }));
    return;
  }
  for (std::uint32_t column = 0; column < columns; ++column)
    for (std::uint32_t r = 0; r < count; ++r) {
      const std::uint32_t row = first + r;
      const std::uint32_t word = wordAt(weights, std::size_t{column} * (rows / 8) + row / 8);
      codes[std::size_t{r} * columns + column] = static_cast<std::uint8_t>(word >> 4 * awqPlace(row) & 15);
    }
}

GroupScale PackedMatrix::scale(std::uint32_t group, std::uint32_t row) const {
  GroupScale result;
  std::memcpy(&result.scale, scales.data() + (std::size_t{group} * rows + row) * sizeof result.scale, sizeof result.scale);
  const std::uint32_t words = rows * bits / 32;
  const auto zeroWord = [&](std::uint32_t w) { return wordAt(zeros, std::size_t{group} * words + w); };
  const std::uint32_t place = layout == PackedLayout::awq ? row / 8 * 8 + awqPlace(row) : row;
  result.zero = static_cast<std::uint8_t>(codeAt(place, bits, zeroWord) + zeroOffset);
  return result;
}

bool PackedMatrix::isSymmetric() const {
  for (std::uint32_t group = 0; group < groups; ++group)
    for (std::uint32_t row = 0; row < rows; ++row)
      if (scale(group, row).zero != 1u << (bits - 1)) return false;
  return true;
}

std::string packingProblem(PackedLayout layout, std::uint32_t bits, std::uint64_t rows, std::uint64_t columns) {
  if (layout == PackedLayout::awq) {
    if (bits != 4) return concat("the AWQ layout holds 4 bits, not ", bits);
    return rows % 8 == 0 ? "" : concat(rows, " rows are no multiple of 8, as the AWQ layout needs");
  }
  if (bits != 2 && bits != 3 && bits != 4 && bits != 8) return concat("the GPTQ layout holds 2, 3, 4 or 8 bits, not ", bits);
  const std::uint64_t step = bits == 3 ? 32 : 32 / bits;
  if (rows % step != 0) return concat(rows, " rows are no multiple of ", step, ", as the GPTQ layout of ", bits, " bits needs");
  return columns % step == 0 ? "" : concat(columns, " columns are no multiple of ", step, ", as the GPTQ layout of ", bits, " bits needs");
}

PackedArrays pack(PackedLayout layout, const GroupedWeights& weights) {
  const std::uint32_t rows = weights.rows, columns = weights.columns, bits = weights.scheme.bits, groups = weights.groups();
  PackedArrays out;
  const bool awq = layout == PackedLayout::awq;
  out.weights.resize(std::size_t{columns} * rows * bits / 32);
  const std::uint32_t zeroWords = rows * bits / 32;
  out.zeros.resize(std::size_t{groups} * zeroWords);
  out.scales.resize(std::size_t{groups} * rows);
  for (std::uint32_t row = 0; row < rows; ++row) {
    const std::uint32_t place = awq ? row / 8 * 8 + awqPlace(row) : row;
    for (std::uint32_t column = 0; column < columns; ++column) {
      const std::uint32_t code = weights.codes[std::size_t{row} * columns + column];
      if (awq)
        putCode(place, bits, code, [&](std::uint32_t w) -> std::int32_t& { return out.weights[std::size_t{column} * zeroWords + w]; });
      else
        putCode(column, bits, code, [&](std::uint32_t w) -> std::int32_t& { return out.weights[std::size_t{w} * rows + row]; });
    }
    for (std::uint32_t group = 0; group < groups; ++group) {
      const GroupScale& scale = weights.scales[std::size_t{row} * groups + group];
      out.scales[std::size_t{group} * rows + row] = scale.scale;
      putCode(place, bits, scale.zero - (awq ? 0u : 1u),
              [&](std::uint32_t w) -> std::int32_t& { return out.zeros[std::size_t{group} * zeroWords + w]; });
    }
  }
  for (std::uint32_t column = 0; column < columns; ++column) out.groupOf.push_back(static_cast<std::int32_t>(weights.group(column)));
  return out;
}

std::optional<FormatId> exactFormat(std::uint32_t bits, bool symmetric, std::uint32_t columns,
                                    std::span<const std::uint32_t> groupOf) {
  if (columns % 32 != 0) return std::nullopt;
  for (std::uint32_t column = 0; column < columns; ++column)
    if (groupOf[column] != groupOf[column / 32 * 32]) return std::nullopt;
  if (symmetric) return bits == 8 ? FormatId::q8_0 : FormatId::q4_0;
  return bits == 8 ? std::nullopt : std::optional(FormatId::q4_Z);
}

bool holdsExactly(const GroupedWeights& weights, FormatId format) {
  if (format != FormatId::q4_1) return true;
  return std::ranges::all_of(weights.scales, [](const GroupScale& scale) {
    const float minimum = -scale.factor() * static_cast<float>(scale.zero);
    return halfToFloat(floatToHalf(minimum)) == minimum;
  });
}

void writeBlocks(FormatId format, std::uint32_t bits, std::span<const std::uint8_t> codes, std::span<const GroupScale> scales,
                 std::span<std::byte> blocks) {
  const NumberFormat& info = numberFormat(format);
  if (info.blockSize == 32) {
    for (std::size_t i = 0; i < codes.size() / 32; ++i)
      writeBlock(format, bits, codes.data() + i * 32, scales[i * 32], blocks.data() + i * info.blockBytes);
    return;
  }
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const float weight = scales[i].decode(codes[i]);
    if (format == FormatId::f32)
      std::memcpy(blocks.data() + i * sizeof weight, &weight, sizeof weight);
    else
      putHalf(floatToHalf(weight), blocks.data() + i * 2);
  }
}

}  // namespace cutaway
