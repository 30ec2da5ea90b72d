// Singular values of a weight: how many directions it really uses.
#pragma once

#include <memory>

#include "core/inspect/gram.h"
#include "core/inspect/tensor_stats.h"

namespace cutaway {

/// A job of short steps, the solver at its end excepted. Entries that are not finite count as 0.
class SingularValues {
 public:
  static constexpr std::uint64_t kExactSide = 1024;
  static constexpr std::uint32_t kEstimated = 32;    ///< values found of larger ones

  /// `exactSide`: of the smaller side, up to which all values are found.
  SingularValues(WeightRows rows, ThreadPool& pool, std::uint64_t exactSide = kExactSide);
  ~SingularValues();

  bool step();  ///< false when they are there
  double progress() const;

  /// True: all of them, by Eigen's self-adjoint solver from the products of rows or columns in F64. False: the largest
  /// ones by subspace iteration from a random start (Halko, Martinsson, Tropp 2011), which estimates them from below,
  /// within a few per cent where they fall slowly.
  bool exact() const { return m_iteration == nullptr; }
  const std::vector<double>& values() const { return m_values; }  ///< falling

 private:
  struct Iteration;
  std::span<const float> nextRows();
  void addRows(std::span<const float> rows);
  void solve();
  void addColumns();

  WeightRows m_rows;
  ThreadPool& m_pool;
  std::uint64_t m_side, m_row = 0;
  std::vector<float> m_buffer;
  std::vector<float> m_wide;  ///< all rows, where they are fewer than the columns
  std::unique_ptr<Gram<double>> m_gram;
  std::unique_ptr<Iteration> m_iteration;
  std::vector<double> m_values;
};

}  // namespace cutaway
