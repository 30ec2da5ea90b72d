#include "core/inspect/tensor_stats.h"

#include <algorithm>
#include <cmath>

namespace cutaway {
namespace {

constexpr std::uint64_t kStepEntries = std::uint64_t{1} << 20;

/// Further from 0, or as far and earlier.
bool isLarger(const WeightEntry& a, const WeightEntry& b) {
  if (std::abs(a.value) != std::abs(b.value)) return std::abs(a.value) > std::abs(b.value);
  return a.row != b.row ? a.row < b.row : a.column < b.column;
}

}  // namespace

void WeightRows::read(std::uint64_t first, std::uint64_t count, std::span<float> out) const {
  const NumberFormat& format = numberFormat(m_tensor.format);
  const std::uint64_t rowBytes = format.bytesFor(m_tensor.columns());
  format.decode(m_source.bytes.subspan(first * rowBytes, count * rowBytes),
                out.first(count * m_tensor.columns()));
}

void WeightRows::forget() const { forgetPages(m_source, m_source.bytes); }

TensorReading::TensorReading(WeightRows rows) : m_rows(std::move(rows)) {
  const TensorInfo& tensor = m_rows.tensor();
  WeightImage& image = m_stats.image;
  image.rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(tensor.rows(), TensorStats::kImageSide));
  image.columns = static_cast<std::uint32_t>(std::min<std::uint64_t>(tensor.columns(), TensorStats::kImageSide));
  const std::size_t cells = std::size_t{image.rows} * image.columns;
  image.strongest.resize(cells);
  image.mean.resize(cells);
  m_cellEntries.resize(cells);
  m_cellSums.resize(cells);
}

double TensorReading::progress() const {
  const auto rows = static_cast<double>(m_rows.tensor().rows());
  return (static_cast<double>(m_row) + (m_counting ? rows : 0)) / (2 * rows);
}

bool TensorReading::step() {
  const std::uint64_t rows = m_rows.tensor().rows(), columns = m_rows.tensor().columns();
  const std::uint64_t some = std::min(rows - m_row, std::max<std::uint64_t>(kStepEntries / columns, 1));
  m_buffer.resize(some * columns);
  m_rows.read(m_row, some, m_buffer);
  if (m_counting) {
    count(m_buffer);
  } else {
    for (std::uint64_t i = 0; i < some; ++i) describe(m_row + i, std::span(m_buffer).subspan(i * columns, columns));
  }
  m_row += some;
  if (m_row < rows) return true;
  if (m_counting) {
    m_rows.forget();
    return false;
  }
  startCounting();
  return true;
}

void TensorReading::describe(std::uint64_t row, std::span<const float> entries) {
  TensorStats& s = m_stats;
  const std::uint64_t columns = entries.size();
  const std::size_t imageRow = row * s.image.rows / m_rows.tensor().rows() * s.image.columns;
  for (std::uint64_t column = 0; column < columns; ++column) {
    const float value = entries[column];
    if (!std::isfinite(value)) {
      ++s.notFinite;
      continue;
    }
    if (s.count == 0) s.minimum = s.maximum = double{value};
    ++s.count;
    s.zeros += value == 0.0f;
    s.minimum = std::min(s.minimum, double{value});
    s.maximum = std::max(s.maximum, double{value});
    m_sum += double{value};
    s.squares += double{value} * double{value};
    const std::size_t cell = imageRow + column * s.image.columns / columns;
    ++m_cellEntries[cell];
    m_cellSums[cell] += double{value};
    if (std::abs(value) > std::abs(s.image.strongest[cell])) s.image.strongest[cell] = value;
    const WeightEntry entry{row, column, value};
    if (s.largest.size() == TensorStats::kLargest && !isLarger(entry, s.largest.back())) continue;
    if (s.largest.size() == TensorStats::kLargest) s.largest.pop_back();
    s.largest.insert(std::ranges::upper_bound(s.largest, entry, isLarger), entry);
  }
}

void TensorReading::startCounting() {
  TensorStats& s = m_stats;
  const double count = std::max(static_cast<double>(s.count), 1.0);
  s.mean = m_sum / count;
  s.deviation = std::sqrt(std::max(s.squares / count - s.mean * s.mean, 0.0));
  s.low = std::max(s.minimum, s.mean - TensorStats::kOutlier * s.deviation);
  s.high = std::min(s.maximum, s.mean + TensorStats::kOutlier * s.deviation);
  s.histogram.assign(TensorStats::kBins, 0);
  for (std::size_t cell = 0; cell < m_cellSums.size(); ++cell)
    s.image.mean[cell] = static_cast<float>(m_cellSums[cell] / std::max(static_cast<double>(m_cellEntries[cell]), 1.0));
  m_counting = true;
  m_row = 0;
}

void TensorReading::count(std::span<const float> entries) {
  TensorStats& s = m_stats;
  const double perBin = s.high > s.low ? TensorStats::kBins / (s.high - s.low) : 0;
  for (const float entry : entries) {
    if (!std::isfinite(entry)) continue;
    const double value{entry};
    s.outliers += std::abs(value - s.mean) > TensorStats::kOutlier * s.deviation;
    if (value < s.low) {
      ++s.below;
    } else if (value > s.high) {
      ++s.above;
    } else {
      ++s.histogram[std::min(static_cast<std::size_t>((value - s.low) * perBin), std::size_t{TensorStats::kBins - 1})];
    }
  }
}

}  // namespace cutaway
