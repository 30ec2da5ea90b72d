// The layout of matrices on the device: blocks of 8 rows, 16-byte pieces side by side (see
// shaders/weights.glsl).
#pragma once

#include <cstdint>
#include <span>

#include "core/quant/number_format.h"

namespace cutaway::gpu {

inline constexpr std::uint32_t kBlockRows = 8;
inline constexpr std::uint32_t kGroupColumns = 32;
inline constexpr std::uint32_t kPieceBytes = 16;

/// How a format's rows become pieces. The constants repeat those of shaders/formats/<name>.glsl.
struct DeviceLayout {
  FormatId id;
  std::uint32_t auxGroups;    ///< groups that share a piece of scales; 0: no scales
  std::uint32_t chunkPieces;  ///< of auxGroups groups with their scales; of one group when auxGroups is 0
  std::uint32_t groupPieces;  ///< where a row may end within a chunk
  /// Writes one row: piece p goes to out + p * 8 * 4 words. `row` holds whole blocks, `columns` of them are
  /// real; the words written to are all zero before.
  void (*repackRow)(const std::byte* row, std::uint32_t columns, std::uint32_t* out);
};

const DeviceLayout& deviceLayout(FormatId format);

std::uint32_t groupsOf(std::uint64_t columns);
std::uint32_t rowPieces(FormatId format, std::uint64_t columns);
/// Bytes of `rows` rows, padded to whole blocks of 8.
std::uint64_t matrixBytes(FormatId format, std::uint64_t rows, std::uint64_t columns);

/// Repacks rows [0, rows) of `source`; `out` holds matrixBytes(format, rows, columns).
void repackRows(FormatId format, const std::byte* source, std::uint64_t rows, std::uint32_t columns,
                std::byte* out);

}  // namespace cutaway::gpu
