// a^T a of tall matrices, the costly part of a covariance: on all cores, with the widest vectors of the processor.
#pragma once

#include <span>
#include <vector>

#include "core/base/thread_pool.h"

namespace cutaway {

/// Sums over rows that come a block at a time. Products are added as T within a block and in F64 beyond it. T: float, or
/// double where small eigenvalues count.
template <class T>
class Gram {
 public:
  static constexpr std::size_t kBlock = 256;  ///< rows of a block at most

  Gram(std::size_t width, ThreadPool& pool);

  void add(std::span<const T> rows);  ///< (at most kBlock, width)
  /// (width, width), both triangles.
  std::vector<double> take();

 private:
  void addPanels(std::size_t left, std::size_t right, std::size_t rows);

  std::size_t m_width, m_panels;
  ThreadPool& m_pool;
  std::vector<T> m_packed;  ///< (panels, rows of the block, kPanel): columns side by side, zeros behind the last
  std::vector<double> m_sums;   ///< (width, width), the upper triangle of panels
};

extern template class Gram<float>;
extern template class Gram<double>;

}  // namespace cutaway
