#include "core/quant/awq.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace cutaway {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Rows = Eigen::Map<const RowMajor>;

constexpr std::size_t kRowsAtOnce = 32;

struct Groups {
  Groups(const GroupedScheme& scheme, std::uint32_t columns)
      : size(scheme.groupSize == 0 ? columns : scheme.groupSize), count(scheme.groupsOf(columns)), all(columns) {}
  std::uint32_t first(std::uint32_t group) const { return group * size; }
  std::uint32_t width(std::uint32_t group) const { return std::min(size, all - group * size); }
  std::uint32_t size, count, all;
};

/// Weights times scales, rounded, over scales again, less the weights.
void roundingError(const GroupedScheme& scheme, const Groups& groups, const float* weights, std::span<const float> scales,
                   float* error) {
  std::vector<float> scaled(groups.all);
  for (std::uint32_t i = 0; i < groups.all; ++i) scaled[i] = weights[i] * scales[i];
  for (std::uint32_t group = 0; group < groups.count; ++group) {
    const auto part = std::span(scaled).subspan(groups.first(group), groups.width(group));
    const GroupScale scale = fitScale(scheme, part);
    for (float& value : part) value = scale.decode(scale.encode(value, scheme.largestCode()));
  }
  for (std::uint32_t i = 0; i < groups.all; ++i) error[i] = scaled[i] / scales[i] - weights[i];
}

double outputErrorOf(const GroupedScheme& scheme, const AwqInputs& inputs, const AwqMatrix& matrix,
                     std::span<const float> scales, ThreadPool& pool) {
  const Groups groups(scheme, inputs.columns);
  const Rows samples(inputs.samples.data(), inputs.tokens(), inputs.columns);
  const std::size_t tiles = (matrix.rows + kRowsAtOnce - 1) / kRowsAtOnce;
  std::vector<double> errors(tiles);
  pool.parallelFor(tiles, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t tile = begin; tile < end; ++tile) {
      const std::size_t first = tile * kRowsAtOnce, count = std::min(kRowsAtOnce, matrix.rows - first);
      RowMajor difference(count, inputs.columns);
      for (std::size_t row = 0; row < count; ++row)
        roundingError(scheme, groups, matrix.weights.data() + (first + row) * inputs.columns, scales,
                      difference.row(static_cast<Eigen::Index>(row)).data());
      errors[tile] = (samples * difference.transpose()).cast<double>().squaredNorm();
    }
  });
  return std::accumulate(errors.begin(), errors.end(), 0.0);
}

/// magnitude^exponent, brought to around 1; inputs that are always 0 keep their weights.
std::vector<float> scalesFor(const AwqInputs& inputs, double exponent) {
  std::vector<float> scales(inputs.columns);
  float least = INFINITY, most = 0;
  for (std::uint32_t i = 0; i < inputs.columns; ++i) {
    constexpr float kLeast = 1e-4f;
    scales[i] = std::max(static_cast<float>(std::pow(static_cast<double>(inputs.magnitude[i]), exponent)), kLeast);
    least = std::min(least, scales[i]);
    most = std::max(most, scales[i]);
  }
  const float middle = std::sqrt(least * most);
  for (float& scale : scales) scale /= middle;
  return scales;
}

/// X_g^T X_g of one group's columns.
RowMajor groupHessian(const AwqInputs& inputs, std::uint32_t first, std::uint32_t width) {
  const auto part = Rows(inputs.samples.data(), inputs.tokens(), inputs.columns).middleCols(first, width);
  return part.transpose() * part;
}

/// The limit for one group of one row.
float bestLimit(const GroupedScheme& scheme, const RowMajor& hessian, std::span<const float> weights) {
  constexpr int kSteps = 20, kTried = 10;
  float largest = 0;
  for (const float weight : weights) largest = std::max(largest, std::abs(weight));
  const auto width = static_cast<Eigen::Index>(weights.size());
  std::vector<float> cut(weights.size());
  Eigen::VectorXf difference(width);
  float best = largest, least = INFINITY;
  for (int step = 0; step < kTried; ++step) {
    const float limit = largest * (1 - static_cast<float>(step) / kSteps);
    for (std::size_t i = 0; i < weights.size(); ++i) cut[i] = std::clamp(weights[i], -limit, limit);
    const GroupScale scale = fitScale(scheme, cut);
    for (std::size_t i = 0; i < weights.size(); ++i)
      difference[static_cast<Eigen::Index>(i)] = scale.decode(scale.encode(cut[i], scheme.largestCode())) - weights[i];
    const float error = difference.dot(hessian * difference);
    if (error < least) {
      least = error;
      best = limit;
    }
  }
  return best;
}

}  // namespace

Result<AwqScales> searchScales(const GroupedScheme& scheme, const AwqOptions& options, const AwqInputs& inputs,
                               std::span<const AwqMatrix> matrices, ThreadPool& pool, std::stop_token stop) {
  AwqScales best;
  for (std::uint32_t step = 0; step < options.steps; ++step) {
    const double exponent = static_cast<double>(step) / options.steps;
    const std::vector<float> scales = scalesFor(inputs, exponent);
    double error = 0;
    for (const AwqMatrix& matrix : matrices) {
      if (stop.stop_requested()) return fail(ErrorKind::cancelled, "quantizing was stopped");
      error += outputErrorOf(scheme, inputs, matrix, scales, pool);
    }
    if (!std::isfinite(error)) return fail(ErrorKind::badInput, "the inputs of a linear layer are not finite numbers");
    if (step == 0) best.plainError = error;
    if (step == 0 || error < best.error) {
      best.scales = scales;
      best.exponent = exponent;
      best.error = error;
    }
  }
  return best;
}

void clipToBestRange(const GroupedScheme& scheme, const AwqInputs& inputs, std::uint32_t rows, std::span<float> weights,
                     ThreadPool& pool) {
  const Groups groups(scheme, inputs.columns);
  for (std::uint32_t group = 0; group < groups.count; ++group) {
    const std::uint32_t first = groups.first(group), width = groups.width(group);
    const RowMajor hessian = groupHessian(inputs, first, width);
    pool.parallelFor(rows, 8, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        const auto part = weights.subspan(row * inputs.columns + first, width);
        const float limit = bestLimit(scheme, hessian, part);
        for (float& weight : part) weight = std::clamp(weight, -limit, limit);
      }
    });
  }
}

}  // namespace cutaway
