// The channels of one input of matrices over a text: how far each reaches, and what rounding cost.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace cutaway {

/// A channel whose inputs reach far beyond those of its neighbours.
struct OutlierChannel {
  std::uint32_t channel = 0;
  float largest = 0;  ///< |x| over the text
  double ratio = 0;   ///< to the median of all channels' largest
};

/// One input of matrices, over a text.
struct ChannelReport {
  std::string value;  ///< "blk.3.ffn.act"
  std::uint32_t columns = 0;
  float largest = 0, median = 0;         ///< |x|: over all channels, and of the channels' largest
  double relativeError = 0;              ///< size of the rounding error over the size of the inputs
  double clipped = 0;                    ///< share of the inputs that were cut off
  std::uint64_t outlierCount = 0;        ///< channels of at least kOutlierRatio
  std::vector<OutlierChannel> outliers;  ///< the strongest of them, at most kShown
  static constexpr double kOutlierRatio = 6;
  static constexpr std::size_t kShown = 8;
};

class ChannelStatistics {
 public:
  explicit ChannelStatistics(std::uint32_t columns) : m_largest(columns) {}

  /// Rows of (tokens, columns) before and after rounding; the same where nothing was rounded.
  void add(std::span<const float> before, std::span<const float> after);
  /// Rows that are rounded here: to 8 bits, to the range `largest`, or where that is 0 each row to its own.
  void addRounded(std::span<const float> before, float largest);

  std::uint32_t columns() const { return static_cast<std::uint32_t>(m_largest.size()); }
  const std::vector<float>& largest() const { return m_largest; }  ///< |x| per channel
  ChannelReport report(std::string value) const;

 private:
  std::vector<float> m_largest;
  double m_squares = 0, m_squaredError = 0;
  std::uint64_t m_clipped = 0, m_count = 0;
};

/// The values that matrices of one layer read, as they are before any rounding, in the order of the graph; of no layer (kNone):
/// what the output matrix reads.
std::vector<ValueId> matrixInputs(const Graph& graph, std::int32_t layer);

}  // namespace cutaway
