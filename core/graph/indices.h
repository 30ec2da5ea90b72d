// Which tokens, heads or columns are meant: "0:16", "2,3", "-1".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cutaway {

/// first <= i < end.
struct IndexRange {
  static constexpr std::uint32_t kOpen = UINT32_MAX;
  std::uint32_t first = 0, end = kOpen;
  bool operator==(const IndexRange&) const = default;
};

/// Ascending ranges that neither touch nor overlap; all indices unless said otherwise.
struct Indices {
  std::vector<IndexRange> ranges{IndexRange{}};

  bool all() const { return ranges.size() == 1 && ranges.front() == IndexRange{}; }
  bool contains(std::uint32_t index) const;
  /// Members smaller than `index`.
  std::uint32_t below(std::uint32_t index) const;
  /// Members from `first` to before `end`.
  std::vector<IndexRange> within(std::uint32_t first, std::uint32_t end) const;
  bool operator==(const Indices&) const = default;
};

std::string toString(const Indices& indices);  ///< "0:16", "2,3", ":"

/// How many there are of what is counted, for reading and for errors.
struct IndexBounds {
  std::uint32_t size = 0;      ///< indices are below it
  std::uint32_t negative = 0;  ///< -1 stands for the one before this
  std::string_view noun;       ///< "head"
  std::string_view of;         ///< "blk.3.attn.z"
};

/// Numbers and half-open ranges with commas between, as in Python: "3", "-1", "0:16", "5:", "2,3,8:10".
Result<Indices> parseIndices(std::string_view text, const IndexBounds& bounds);

}  // namespace cutaway
