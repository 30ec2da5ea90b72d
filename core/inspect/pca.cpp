#include "core/inspect/pca.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <random>

#include "core/inspect/gram.h"

namespace cutaway {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using FloatMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vectors = Eigen::MatrixXd;  ///< columns are vectors

constexpr std::size_t kOversampling = 8;  ///< axes more than asked for, which make the iteration converge sooner
constexpr int kMostPasses = 40;
constexpr double kConverged = 1e-7;  ///< relative change of the variances in one pass

/// The states as they are analysed: scaled to unit length where directions are asked for, less the mean.
class Prepared {
 public:
  Prepared(std::span<const float> states, std::size_t width, bool directions) : m_states(states), m_width(width) {
    std::vector<double> sums(width);
    for (std::size_t i = 0; i < states.size() / width; ++i) {
      const auto state = states.subspan(i * width, width);
      double square = 0;
      for (const float x : state) square += double{x} * double{x};
      if (!std::isfinite(square)) continue;
      m_rows.push_back(i);
      m_scales.push_back(directions && square > 0 ? static_cast<float>(1 / std::sqrt(square)) : 1.0f);
      for (std::size_t j = 0; j < width; ++j) sums[j] += double{state[j] * m_scales.back()};
    }
    m_mean.resize(width);
    for (std::size_t j = 0; j < width; ++j)
      m_mean[j] = static_cast<float>(sums[j] / static_cast<double>(std::max<std::size_t>(count(), 1)));
  }

  std::size_t count() const { return m_rows.size(); }
  std::size_t width() const { return m_width; }
  const std::vector<float>& mean() const { return m_mean; }

  /// Rows [begin, end) into `out` (end - begin, width).
  void rows(std::size_t begin, std::size_t end, float* out) const {
    for (std::size_t i = begin; i < end; ++i) {
      const float* state = m_states.data() + m_rows[i] * m_width;
      for (std::size_t j = 0; j < m_width; ++j) *out++ = state[j] * m_scales[i] - m_mean[j];
    }
  }
  /// body(block, first) over all rows, each block a (rows, width) matrix.
  template <class Body>
  void blocks(const Body& body) const {
    std::vector<float> block(Gram<float>::kBlock * m_width);
    for (std::size_t begin = 0; begin < count(); begin += Gram<float>::kBlock) {
      const std::size_t end = std::min(begin + Gram<float>::kBlock, count());
      rows(begin, end, block.data());
      body(std::span<const float>(block).first((end - begin) * m_width), begin);
    }
  }

 private:
  std::span<const float> m_states;
  std::size_t m_width;
  std::vector<std::size_t> m_rows;
  std::vector<float> m_scales, m_mean;
};

struct Axes {
  Vectors vectors;           ///< (width, components)
  Eigen::VectorXd variance;  ///< falling
};

/// The strongest eigenvectors of a symmetric matrix.
Axes strongest(const Matrix& matrix, std::size_t components) {
  const Eigen::SelfAdjointEigenSolver<Vectors> solver(matrix);
  const auto some = static_cast<Eigen::Index>(components);
  return {solver.eigenvectors().rightCols(some).rowwise().reverse(),
          solver.eigenvalues().tail(some).reverse()};
}

Axes byCovariance(const Prepared& states, std::size_t components, ThreadPool& pool) {
  Gram<float> gram(states.width(), pool);
  states.blocks([&](std::span<const float> block, std::size_t) { gram.add(block); });
  const std::vector<double> sums = gram.take();
  const auto width = static_cast<Eigen::Index>(states.width());
  const Matrix covariance = Eigen::Map<const Matrix>(sums.data(), width, width) / static_cast<double>(states.count());
  return strongest(covariance, components);
}

/// Few states: the products of the states with each other have the same eigenvalues, and their eigenvectors say how the
/// axes are mixed from the states.
Axes byProducts(const Prepared& states, std::size_t components) {
  FloatMatrix rows(states.count(), states.width());
  states.rows(0, states.count(), rows.data());
  const Matrix wide = rows.cast<double>();
  const Matrix products = wide * wide.transpose() / static_cast<double>(states.count());
  Axes axes = strongest(products, components);
  axes.vectors = wide.transpose() * axes.vectors;
  for (Eigen::Index i = 0; i < axes.vectors.cols(); ++i)
    if (const double norm = axes.vectors.col(i).norm(); norm > 0) axes.vectors.col(i) /= norm;
  return axes;
}

Vectors orthonormal(const Vectors& vectors) {
  const Eigen::HouseholderQR<Vectors> qr(vectors);
  return qr.householderQ() * Vectors::Identity(vectors.rows(), vectors.cols());
}

/// The covariance times `vectors`, without the covariance.
Vectors covarianceTimes(const Prepared& states, const Vectors& vectors) {
  const FloatMatrix narrow = vectors.cast<float>();
  Vectors result = Vectors::Zero(vectors.rows(), vectors.cols());
  states.blocks([&](std::span<const float> block, std::size_t) {
    const auto width = static_cast<Eigen::Index>(states.width());
    const Eigen::Map<const FloatMatrix> rows(block.data(), static_cast<Eigen::Index>(block.size()) / width, width);
    const FloatMatrix along = rows * narrow;
    result += (rows.transpose() * along).cast<double>();
  });
  return result / static_cast<double>(states.count());
}

Axes bySubspace(const Prepared& states, std::size_t components) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  const auto some = static_cast<Eigen::Index>(components);
  Vectors basis(states.width(), components + kOversampling);
  for (double& x : basis.reshaped()) x = normal(random);
  basis = orthonormal(basis);
  Axes axes;
  for (int pass = 0; pass < kMostPasses; ++pass) {
    const Vectors image = covarianceTimes(states, basis);
    const Vectors small = basis.transpose() * image;
    const Eigen::SelfAdjointEigenSolver<Vectors> solver((small + small.transpose()) / 2);
    const Eigen::VectorXd variance = solver.eigenvalues().tail(some).reverse();
    const bool converged = pass > 0 && (variance - axes.variance).norm() <= kConverged * variance.norm();
    axes = {basis * solver.eigenvectors().rightCols(some).rowwise().reverse(), variance};
    if (converged) break;
    basis = orthonormal(image);
  }
  return axes;
}

double total(const Prepared& states) {
  double sum = 0;
  states.blocks([&](std::span<const float> block, std::size_t) {
    for (const float x : block) sum += double{x} * double{x};
  });
  return sum / static_cast<double>(states.count());
}

void takeAxes(const Axes& axes, Pca& pca) {
  for (Eigen::Index i = 0; i < axes.variance.size(); ++i) {
    const Eigen::VectorXd axis = axes.vectors.col(i);
    Eigen::Index largest = 0;
    axis.cwiseAbs().maxCoeff(&largest);
    const double sign = axis[largest] < 0 ? -1 : 1;
    for (const double x : axis) pca.axes.push_back(static_cast<float>(sign * x));
    pca.variance.push_back(std::max(axes.variance[i], 0.0));
  }
}

}  // namespace

Pca principalComponents(std::span<const float> states, std::size_t width, const PcaOptions& options,
                        ThreadPool& pool) {
  Pca pca;
  pca.width = width;
  pca.directions = options.directions;
  const Prepared prepared(states, width, options.directions);
  pca.mean = prepared.mean();
  const std::size_t components = std::min({options.components, width, prepared.count()});
  if (components == 0) return pca;
  pca.totalVariance = total(prepared);
  pca.exact = std::min(width, prepared.count()) <= options.exactSide;
  takeAxes(!pca.exact                  ? bySubspace(prepared, components)
           : prepared.count() < width ? byProducts(prepared, components)
                                       : byCovariance(prepared, components, pool),
           pca);
  return pca;
}

void Pca::project(std::span<const float> state, std::span<float> place) const {
  double square = 0;
  for (const float x : state) square += double{x} * double{x};
  const double scale = directions && square > 0 ? 1 / std::sqrt(square) : 1;
  for (std::size_t i = 0; i < components(); ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < width; ++j)
      sum += (double{state[j]} * scale - double{mean[j]}) * double{axes[i * width + j]};
    place[i] = static_cast<float>(sum);
  }
}

}  // namespace cutaway
