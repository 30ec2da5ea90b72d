#include "core/inspect/gram.h"

#include <algorithm>
#include <cstring>

#include "core/cpu/lanes.h"

namespace cutaway {
namespace {

constexpr std::size_t kPanel = 32;  ///< columns

/// How many of the panel's products have their sums in registers at once.
template <class Vector, std::size_t kRows>
struct Shape {
  using Floats = Vector;
  static constexpr std::size_t width = sizeof(Vector) / sizeof(float), rows = kRows;
};
template <Processor>
struct ShapeOn : Shape<FourFloats, 4> {};
template <>
struct ShapeOn<Processor::x86_64v3> : Shape<EightFloats, 4> {};
template <>
struct ShapeOn<Processor::x86_64v4> : Shape<Lanes, 8> {};

/// out (kPanel, kPanel) = left^T right, both (rows, kPanel).
template <class Shape>
CUTAWAY_INLINE void multiplyPanels(const float* left, const float* right, std::size_t rows, float* out) {
  using Floats = typename Shape::Floats;
  constexpr std::size_t kWide = 2 * Shape::width;
  for (std::size_t i = 0; i < kPanel; i += Shape::rows)
    for (std::size_t j = 0; j < kPanel; j += kWide) {
      Floats sums[Shape::rows][2] = {}, a, b;
      for (std::size_t row = 0; row < rows; ++row) {
        std::memcpy(&a, right + row * kPanel + j, sizeof a);
        std::memcpy(&b, right + row * kPanel + j + Shape::width, sizeof b);
        for (std::size_t r = 0; r < Shape::rows; ++r) {
          const float x = left[row * kPanel + i + r];
          sums[r][0] += x * a;
          sums[r][1] += x * b;
        }
      }
      for (std::size_t r = 0; r < Shape::rows; ++r)
        std::memcpy(out + (i + r) * kPanel + j, sums[r], sizeof sums[r]);
    }
}

}  // namespace

Gram::Gram(std::size_t width, ThreadPool& pool)
    : m_width(width),
      m_panels((width + kPanel - 1) / kPanel),
      m_pool(pool),
      m_packed(m_panels * kBlock * kPanel),
      m_sums(width * width) {}

void Gram::add(std::span<const float> rows) {
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

void Gram::addPanels(std::size_t left, std::size_t right, std::size_t rows) {
  alignas(64) float products[kPanel * kPanel];
  const float* packed = m_packed.data();
  onProcessor([&]<class On>(On) CUTAWAY_INLINE_LAMBDA {
    multiplyPanels<ShapeOn<On::processor>>(packed + left * rows * kPanel, packed + right * rows * kPanel, rows,
                                           products);
  });
  const std::size_t height = std::min(kPanel, m_width - left * kPanel),
                    width = std::min(kPanel, m_width - right * kPanel);
  for (std::size_t i = 0; i < height; ++i) {
    double* sums = m_sums.data() + (left * kPanel + i) * m_width + right * kPanel;
    for (std::size_t j = 0; j < width; ++j) sums[j] += double{products[i * kPanel + j]};
  }
}

std::vector<double> Gram::take() {
  for (std::size_t i = 0; i < m_width; ++i)
    for (std::size_t j = 0; j < i; ++j) m_sums[i * m_width + j] = m_sums[j * m_width + i];
  return std::move(m_sums);
}

}  // namespace cutaway
