// The layouts in which GPTQ and AWQ models keep the codes of a linear layer, to and from codes; and codes as blocks of number formats
// that hold them exactly. Sources: AutoGPTQ's and GPTQModel's "gptq" checkpoint format, AutoAWQ's "GEMM" version.
#pragma once

#include <optional>

#include "core/quant/grouped.h"
#include "core/quant/number_format.h"

namespace cutaway {

enum class PackedLayout : std::uint8_t {
  gptq,  ///< words run along the inputs: 32 codes in as many words as bits
  awq    ///< words run along the outputs, whose order within a word is 0 2 4 6 1 3 5 7; 4 bits
};

/// The arrays of one layer as a file holds them; views, little-endian. `rows` are outputs, `columns` inputs.
struct PackedMatrix {
  PackedLayout layout = PackedLayout::gptq;
  std::uint32_t rows = 0, columns = 0, bits = 4, groups = 1;
  std::uint32_t zeroOffset = 1;              ///< added to stored zero points
  std::span<const std::byte> weights;        ///< I32: gptq (columns * bits / 32, rows), awq (columns, rows / 8)
  std::span<const std::byte> zeros;          ///< I32: (groups, rows * bits / 32)
  std::span<const std::byte> scales;         ///< F16: (groups, rows)
  std::vector<std::uint32_t> groupOf;        ///< (columns), each below groups

  /// Codes of rows [first, first + count) into (count, columns).
  void unpack(std::uint32_t first, std::uint32_t count, std::uint8_t* codes) const;
  GroupScale scale(std::uint32_t group, std::uint32_t row) const;
  /// The same zero point, the middle, everywhere.
  bool isSymmetric() const;
};
/// Rows and columns that the layout can hold: whole words. The sentence says what is wrong, or is empty.
std::string packingProblem(PackedLayout layout, std::uint32_t bits, std::uint64_t rows, std::uint64_t columns);

struct PackedArrays {
  std::vector<std::int32_t> weights, zeros, groupOf;
  std::vector<std::uint16_t> scales;
};
/// Stored zero points are one less in the gptq layout.
PackedArrays pack(PackedLayout layout, const GroupedWeights& weights);

/// The number format whose blocks hold such codes exactly: Q4_0 and Q8_0 for symmetric ones, Q4_Z for others up to 4 bits.
/// Nothing where 32 neighbouring columns do not share a scale, or for 8 bits with zero points.
std::optional<FormatId> exactFormat(std::uint32_t bits, bool symmetric, std::uint32_t columns,
                                    std::span<const std::uint32_t> groupOf);
/// Q4_1 instead of Q4_Z, for GGUF files: scale times zero point must be F16 numbers, see GroupedScheme::scaleBits.
bool holdsExactly(const GroupedWeights& weights, FormatId format);

/// One row as blocks of a format that holds it exactly, or as F16 or F32 (rounded, for F16). `scales` by column.
void writeBlocks(FormatId format, std::uint32_t bits, std::span<const std::uint8_t> codes,
                 std::span<const GroupScale> scales, std::span<std::byte> blocks);

}  // namespace cutaway
