// What repackRows does to a row, bit by bit, for a kernel that does the same: found by trying, so that there
// is one description of every format's layout.
#pragma once

#include <vector>

#include "gpu/repack.h"

namespace cutaway::gpu {

/// Repacking only moves bits and flips some. The map is that of a run of 256 columns, which repeats along a
/// row.
struct RepackMap {
  static constexpr std::uint32_t kColumns = 256;
  static constexpr std::uint32_t kNothing = UINT32_MAX;  ///< a field without a source is zero

  std::uint32_t bits = 0;         ///< of a field: 1, 2, 4, 8 or 16
  std::uint32_t sourceBytes = 0;  ///< of a run
  std::uint32_t pieces = 0;       ///< that it becomes
  /// For each word of the pieces: which bits are flipped, then for each field from the lowest the source bit
  /// that it begins at. The source bits of a field lie in one half word.
  std::vector<std::uint32_t> words;
};

RepackMap repackMap(FormatId format);

}  // namespace cutaway::gpu
