#include "core/inspect/channel_statistics.h"

#include <algorithm>
#include <cmath>

#include "core/graph/rounded_inputs.h"
#include "core/quant/integer_grid.h"

namespace cutaway {

void ChannelStatistics::add(std::span<const float> before, std::span<const float> after) {
  const std::size_t width = m_largest.size();
  for (std::size_t at = 0; at + width <= before.size(); at += width) {
    for (std::size_t i = 0; i < width; ++i) {
      const double x = before[at + i], error = double{after[at + i]} - x;
      m_largest[i] = std::max(m_largest[i], std::abs(before[at + i]));
      m_squares += x * x;
      m_squaredError += error * error;
    }
  }
  m_count += before.size();
}

void ChannelStatistics::addRounded(std::span<const float> before, float largest) {
  std::vector<float> after(before.begin(), before.end());
  const std::size_t width = m_largest.size();
  for (std::size_t at = 0; at + width <= after.size(); at += width) {
    const auto row = std::span(after).subspan(at, width);
    roundToGrid(symmetricGrid(8, largest > 0 ? largest : largestOf(row)), row);
  }
  if (largest > 0) m_clipped += std::ranges::count_if(before, [largest](float x) { return std::abs(x) > largest; });
  add(before, after);
}

ChannelReport ChannelStatistics::report(std::string value) const {
  ChannelReport report{.value = std::move(value), .columns = columns(), .outliers = {}};
  if (m_largest.empty()) return report;
  std::vector<float> sorted = m_largest;
  std::ranges::sort(sorted);
  report.largest = sorted.back();
  report.median = sorted[sorted.size() / 2];
  if (m_squares > 0) report.relativeError = std::sqrt(m_squaredError / m_squares);
  if (m_count > 0) report.clipped = static_cast<double>(m_clipped) / static_cast<double>(m_count);
  const double median = report.median;
  for (std::uint32_t channel = 0; channel < report.columns && median > 0; ++channel)
    if (const double ratio = double{m_largest[channel]} / median; ratio >= ChannelReport::kOutlierRatio)
      report.outliers.push_back({channel, m_largest[channel], ratio});
  report.outlierCount = report.outliers.size();
  std::ranges::sort(report.outliers, std::ranges::greater(), &OutlierChannel::ratio);
  if (report.outliers.size() > ChannelReport::kShown) report.outliers.resize(ChannelReport::kShown);
  return report;
}

std::vector<ValueId> matrixInputs(const Graph& graph, std::int32_t layer) {
  std::vector<ValueId> inputs;
  for (const Node& node : graph.nodes) {
    if (node.op != Op::linear || node.layer != layer) continue;
    const ValueId input = beforeRounding(graph, node.inputs.front());
    if (std::ranges::find(inputs, input) == inputs.end()) inputs.push_back(input);
  }
  return inputs;
}

}  // namespace cutaway
