// Integer codes with a scale and a zero point per group of a row's columns: what round-to-nearest, GPTQ and AWQ give, and what the
// GPTQ and AWQ layouts hold.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/thread_pool.h"
#include "core/quant/half.h"

namespace cutaway {

/// How weights become codes.
struct GroupedScheme {
  std::uint32_t bits = 4;         ///< 2, 3, 4 or 8
  std::uint32_t groupSize = 128;  ///< columns that share a scale; 0: a whole row
  bool symmetric = true;          ///< the zero point is 2^(bits - 1)
  /// Scales are rounded to so many bits, 11 being those of F16. With 7, scale times zero point is an F16 number, so that Q4_1 holds
  /// the weights exactly; it costs a scale at most one part in 256.
  std::uint32_t scaleBits = 11;

  std::uint32_t largestCode() const { return (1u << bits) - 1; }
  std::uint32_t middle() const { return 1u << (bits - 1); }
  std::uint32_t groupsOf(std::uint32_t columns) const {
    return groupSize == 0 ? 1 : (columns + groupSize - 1) / groupSize;
  }
  bool operator==(const GroupedScheme&) const = default;
};

/// Scale and zero point of one group: a weight is scale * (code - zero).
struct GroupScale {
  std::uint16_t scale = 0;  ///< F16, above 0
  std::uint8_t zero = 0;    ///< 1 to the largest code, so that the GPTQ layout can store one less

  float factor() const { return halfToFloat(scale); }
  std::uint8_t encode(float weight, std::uint32_t largestCode) const;
  float decode(std::uint32_t code) const { return factor() * (static_cast<float>(code) - static_cast<float>(zero)); }
};

/// Covers 0 and all weights. With `searched`, the range that leaves the smallest error is kept, the weights beyond it
/// being cut off (as GPTQ's reference does with its option "mse").
GroupScale fitScale(const GroupedScheme& scheme, std::span<const float> weights, bool searched = false);

struct GroupedWeights {
  GroupedScheme scheme;
  std::uint32_t rows = 0, columns = 0;
  std::vector<std::uint8_t> codes;        ///< (rows, columns)
  std::vector<GroupScale> scales;         ///< (rows, groups)
  std::vector<std::uint32_t> groupOf;     ///< (columns), the group of each; empty: column / groupSize

  std::uint32_t groups() const { return scheme.groupsOf(columns); }
  std::uint32_t group(std::uint32_t column) const {
    if (!groupOf.empty()) return groupOf[column];
    return scheme.groupSize == 0 ? 0 : column / scheme.groupSize;
  }
  const GroupScale& scale(std::uint32_t row, std::uint32_t column) const {
    return scales[std::size_t{row} * groups() + group(column)];
  }
  /// F32, exact.
  void decodeRow(std::uint32_t row, std::span<float> weights) const;
  std::vector<float> decode() const;
};

/// Each weight to the nearest code.
GroupedWeights roundToNearest(const GroupedScheme& scheme, std::uint32_t rows, std::uint32_t columns,
                              std::span<const float> weights, ThreadPool& pool, bool searched = false);

}  // namespace cutaway
