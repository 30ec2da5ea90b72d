// What the numbers of a weight look like: range, histogram, outliers, a picture of its rows. Read from the model's file.
#pragma once

#include <cstdint>
#include <vector>

#include "core/format/model_file.h"

namespace cutaway {

/// Rows of a weight, decoded. A tensor of more than two dimensions is read as (product of the others, last one).
class WeightRows {
 public:
  /// `source` holds the tensor's bytes alone.
  WeightRows(SharedBytes source, TensorInfo tensor) : m_source(std::move(source)), m_tensor(std::move(tensor)) {}

  const TensorInfo& tensor() const { return m_tensor; }
  /// Rows [first, first + count) into `out` (count, columns).
  void read(std::uint64_t first, std::uint64_t count, std::span<float> out) const;
  void forget() const;  ///< gives back the memory of the pages that were read

 private:
  SharedBytes m_source;
  TensorInfo m_tensor;
};

struct WeightEntry {
  std::uint64_t row = 0, column = 0;
  float value = 0;
};

/// A weight scaled down to a picture: each cell stands for a rectangle of entries.
struct WeightImage {
  std::uint32_t rows = 0, columns = 0;
  std::vector<float> strongest;  ///< (rows, columns): the entry furthest from 0, with its sign
  std::vector<float> mean;       ///< (rows, columns)
};

/// Entries that are not finite are counted and left out of everything else.
struct TensorStats {
  static constexpr std::uint32_t kBins = 96, kImageSide = 192, kLargest = 24;
  static constexpr double kOutlier = 6;  ///< standard deviations from the mean

  std::uint64_t count = 0, notFinite = 0, zeros = 0;
  double minimum = 0, maximum = 0, mean = 0, deviation = 0;  ///< of the population
  double squares = 0;                                        ///< their sum
  double low = 0, high = 0;  ///< the histogram's range: the entries', cut at kOutlier deviations from the mean
  std::vector<std::uint64_t> histogram;  ///< kBins equal bins, the last one with both its ends
  std::uint64_t below = 0, above = 0;    ///< entries outside the range
  std::uint64_t outliers = 0;            ///< further than kOutlier deviations from the mean
  std::vector<WeightEntry> largest;      ///< furthest from 0 first; equal ones in order of place
  WeightImage image;
};

/// A job of short steps: two passes over the rows. Runs on any thread.
class TensorReading {
 public:
  explicit TensorReading(WeightRows rows);

  bool step();  ///< about a million entries; false when all is done
  double progress() const;
  const TensorStats& stats() const { return m_stats; }

 private:
  void describe(std::uint64_t row, std::span<const float> entries);
  void count(std::span<const float> entries);
  void startCounting();

  WeightRows m_rows;
  TensorStats m_stats;
  std::vector<float> m_buffer;
  std::vector<std::uint64_t> m_cellEntries;  ///< finite ones, per cell of the image
  std::vector<double> m_cellSums;
  double m_sum = 0;
  std::uint64_t m_row = 0;
  bool m_counting = false;  ///< the second pass
};

}  // namespace cutaway
