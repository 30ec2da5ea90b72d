#include "core/inspect/singular_values.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <random>

namespace cutaway {
namespace {

using FloatMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::uint64_t kBlock = Gram<double>::kBlock;
constexpr Eigen::Index kOversampling = 8;
constexpr int kPasses = 4;  ///< over the weight, where values are estimated

Eigen::MatrixXd orthonormal(const Eigen::MatrixXd& vectors) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(vectors);
  return qr.householderQ() * Eigen::MatrixXd::Identity(vectors.rows(), vectors.cols());
}

/// Roots of a symmetric matrix's eigenvalues, the largest first.
std::vector<double> roots(const Eigen::MatrixXd& matrix) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix, Eigen::EigenvaluesOnly);
  std::vector<double> values;
  for (const double square : solver.eigenvalues().reverse()) values.push_back(std::sqrt(std::max(square, 0.0)));
  return values;
}

}  // namespace

/// An orthonormal basis that turns towards the strongest directions with every pass over the rows.
struct SingularValues::Iteration {
  Eigen::MatrixXd basis, image;  ///< (columns, kEstimated + kOversampling); image = A^T A basis, so far
  FloatMatrix narrow;            ///< the basis, for the products
  int passes = 0;

  explicit Iteration(Eigen::Index columns) {
    std::mt19937 random(1);
    std::normal_distribution<double> normal;
    Eigen::MatrixXd start(columns, kEstimated + kOversampling);
    for (double& x : start.reshaped()) x = normal(random);
    begin(start);
  }
  void begin(const Eigen::MatrixXd& vectors) {
    basis = orthonormal(vectors);
    narrow = basis.cast<float>();
    image.setZero(basis.rows(), basis.cols());
  }
  void add(const Eigen::Map<const FloatMatrix>& rows) {
    const FloatMatrix along = rows * narrow;
    image += (rows.transpose() * along).cast<double>();
  }
};

SingularValues::SingularValues(WeightRows rows, ThreadPool& pool, std::uint64_t exactSide)
    : m_rows(std::move(rows)),
      m_pool(pool),
      m_side(std::min(m_rows.tensor().rows(), m_rows.tensor().columns())) {
  if (m_side > exactSide)
    m_iteration = std::make_unique<Iteration>(static_cast<Eigen::Index>(m_rows.tensor().columns()));
  else
    m_gram = std::make_unique<Gram<double>>(m_side, m_pool);
}

SingularValues::~SingularValues() = default;

double SingularValues::progress() const {
  const double pass = static_cast<double>(m_row) / static_cast<double>(m_rows.tensor().rows());
  return m_iteration ? std::min((m_iteration->passes + pass) / kPasses, 1.0) : pass;
}

std::span<const float> SingularValues::nextRows() {
  const std::uint64_t columns = m_rows.tensor().columns();
  const std::uint64_t some = std::min(kBlock, m_rows.tensor().rows() - m_row);
  m_buffer.resize(some * columns);
  m_rows.read(m_row, some, m_buffer);
  for (float& entry : m_buffer)
    if (!std::isfinite(entry)) entry = 0;
  m_row += some;
  return m_buffer;
}

void SingularValues::addRows(std::span<const float> rows) {
  const auto columns = static_cast<Eigen::Index>(m_rows.tensor().columns());
  if (m_iteration) {
    m_iteration->add({rows.data(), static_cast<Eigen::Index>(rows.size()) / columns, columns});
  } else if (m_rows.tensor().rows() < m_rows.tensor().columns()) {
    m_wide.insert(m_wide.end(), rows.begin(), rows.end());
  } else {
    m_gram->add(std::vector<double>(rows.begin(), rows.end()));
  }
}

/// The products of a wide weight's rows with each other: its columns, a block at a time, as rows.
void SingularValues::addColumns() {
  const std::uint64_t rows = m_rows.tensor().rows(), columns = m_rows.tensor().columns();
  std::vector<double> block;
  for (std::uint64_t begin = 0; begin < columns; begin += kBlock) {
    const std::uint64_t end = std::min(begin + kBlock, columns);
    block.resize((end - begin) * rows);
    for (std::uint64_t row = 0; row < rows; ++row)
      for (std::uint64_t column = begin; column < end; ++column)
        block[(column - begin) * rows + row] = double{m_wide[row * columns + column]};
    m_gram->add(block);
  }
  m_wide = {};
}

void SingularValues::solve() {
  if (!m_wide.empty()) addColumns();
  const std::vector<double> products = m_gram->take();
  const auto side = static_cast<Eigen::Index>(m_side);
  m_values = roots(Eigen::Map<const Eigen::MatrixXd>(products.data(), side, side));
}

bool SingularValues::step() {
  addRows(nextRows());
  if (m_row < m_rows.tensor().rows()) return true;
  if (!m_iteration) {
    solve();
  } else if (++m_iteration->passes < kPasses) {
    m_row = 0;
    m_iteration->begin(m_iteration->image);
    return true;
  } else {
    m_values = roots(m_iteration->basis.transpose() * m_iteration->image);
    m_values.resize(kEstimated);
  }
  m_rows.forget();
  return false;
}

}  // namespace cutaway
