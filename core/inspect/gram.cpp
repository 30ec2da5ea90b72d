#include "core/inspect/gram.h"

#include <algorithm>
#include <cstring>

#include "core/base/multiversion.h"

namespace cutaway {
namespace {

constexpr std::size_t kPanel = 32;  ///< columns

/// The vector of a processor, and how many rows of it have their sums in registers at once.
template <class T, std::size_t kBytes, std::size_t kRows>
struct Shape {
  using Number = T;
  using Vector __attribute__((vector_size(kBytes))) = T;
  static constexpr std::size_t width = kBytes / sizeof(T), rows = kRows;
};
template <class T, Processor>
struct ShapeOn : Shape<T, 16, 4> {};
template <class T>
struct ShapeOn<T, Processor::x86_64v3> : Shape<T, 32, 4> {};
template <class T>
struct ShapeOn<T, Processor::x86_64v4> : Shape<T, 64, 8> {};

/// out (kPanel, kPanel) = left^T right, both (rows, kPanel).
template <class Shape>
CUTAWAY_INLINE void multiplyPanels(const typename Shape::Number* left, const typename Shape::Number* right,
                                   std::size_t rows, typename Shape::Number* out) {
  using Vector = typename Shape::Vector;
  constexpr std::size_t kWide = 2 * Shape::width;
  for (std::size_t i = 0; i < kPanel; i += Shape::rows)
    for (std::size_t j = 0; j < kPanel; j += kWide) {
      Vector sums[Shape::rows][2] = {}, a, b;
      for (std::size_t row = 0; row < rows; ++row) {
        std::memcpy(&a, right + row * kPanel + j, sizeof a);
        std::memcpy(&b, right + row * kPanel + j + Shape::width, sizeof b);
        for (std::size_t r = 0; r < Shape::rows; ++r) {
          const typename Shape::Number x = left[row * kPanel + i + r];
          sums[r][0] += x * a;
          sums[r][1] += x * b;
        }
      }
      for (std::size_t r = 0; r < Shape::rows; ++r)
        std::memcpy(out + (i + r) * kPanel + j, sums[r], sizeof sums[r]);
    }
}

}  // namespace

template <class T>
Gram<T>::Gram(std::size_t width, ThreadPool& pool)
    : m_width(width),
      m_panels((width + kPanel - 1) / kPanel),
      m_pool(pool),
      m_packed(m_panels * kBlock * kPanel),
      m_sums(width * width) {}

template <class T>
void Gram<T>::add(std::span<const T> rows) {
  const std::size_t count = rows.size() / m_width;
  for (std::size_t panel = 0; panel < m_panels; ++panel) {
    const std::size_t columns = std::min(kPanel, m_width - panel * kPanel);
    for (std::size_t row = 0; row < count; ++row)
      std::copy_n(rows.data() + row * m_width + panel * kPanel, columns,
                  m_packed.data() + (panel * count + row) * kPanel);
  }
  m_pool.parallelFor(m_panels * m_panels, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t pair = begin; pair < end; ++pair)
      if (pair / m_panels <= pair % m_panels) addPanels(pair / m_panels, pair % m_panels, count);
  });
}

template <class T>
void Gram<T>::addPanels(std::size_t left, std::size_t right, std::size_t rows) {
  alignas(64) T products[kPanel * kPanel];
  const T* packed = m_packed.data();
  onProcessor([&]<class On>(On) CUTAWAY_INLINE_LAMBDA {
    multiplyPanels<ShapeOn<T, On::processor>>(packed + left * rows * kPanel, packed + right * rows * kPanel, rows,
                                           products);
  });
  const std::size_t height = std::min(kPanel, m_width - left * kPanel),
                    width = std::min(kPanel, m_width - right * kPanel);
  for (std::size_t i = 0; i < height; ++i) {
    double* sums = m_sums.data() + (left * kPanel + i) * m_width + right * kPanel;
    for (std::size_t j = 0; j < width; ++j) sums[j] += double{products[i * kPanel + j]};
  }
}

template <class T>
std::vector<double> Gram<T>::take() {
  for (std::size_t i = 0; i < m_width; ++i)
    for (std::size_t j = 0; j < i; ++j) m_sums[i * m_width + j] = m_sums[j * m_width + i];
  return std::move(m_sums);
}

template class Gram<float>;
template class Gram<double>;

}  // namespace cutaway
