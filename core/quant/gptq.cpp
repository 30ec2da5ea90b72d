#include "core/quant/gptq.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace cutaway {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic>;

constexpr std::uint32_t kTile = 16;    ///< rows done side by side: columns of them are contiguous
constexpr std::uint32_t kBlock = 128;  ///< columns after which the errors reach those behind

/// U upper with U^T U = H^-1, from the Cholesky factor of H with rows and columns reversed: H = R R^T for an upper R, and
/// U = R^-1. `hessian` is used up. False where it is not positive definite.
bool invertUpper(Matrix& hessian, std::vector<float>& inverse) {
  const Eigen::Index n = hessian.rows();
  hessian = hessian.reverse().eval();
  const Eigen::LLT<Eigen::Ref<Matrix>> factor(hessian);
  if (factor.info() != Eigen::Success) return false;
  Matrix lower = Matrix::Identity(n, n);
  hessian.triangularView<Eigen::Lower>().solveInPlace(lower);
  inverse.resize(static_cast<std::size_t>(n) * static_cast<std::size_t>(n));
  bool finite = true;
  for (Eigen::Index row = 0; row < n; ++row)
    for (Eigen::Index column = row; column < n; ++column) {
      const auto value = static_cast<float>(lower(n - 1 - row, n - 1 - column));
      finite = finite && std::isfinite(value);
      inverse[static_cast<std::size_t>(row * n + column)] = value;
    }
  return finite;
}

/// Sixteen rows of the matrix, rounded together.
class Tile {
 public:
  Tile(const GroupedScheme& scheme, const GptqOptions& options, const GptqInputs& inputs, GroupedWeights& out,
       std::span<const float> weights, std::uint32_t firstRow)
      : m_scheme(scheme),
        m_options(options),
        m_inputs(inputs),
        m_out(out),
        m_firstRow(firstRow),
        m_rows(std::min(kTile, out.rows - firstRow)),
        m_weights(std::size_t{inputs.columns} * kTile),
        m_errors(std::size_t{kBlock} * kTile) {
    for (std::uint32_t place = 0; place < inputs.columns; ++place) {
      const std::uint32_t column = inputs.order[place];
      for (std::uint32_t r = 0; r < m_rows && !inputs.dead[column]; ++r)
        at(place)[r] = weights[std::size_t{firstRow + r} * inputs.columns + column];
    }
  }

  void run() {
    const std::uint32_t columns = m_inputs.columns;
    if (m_options.staticGroups || m_scheme.groupSize == 0)
      for (std::uint32_t group = 0; group < m_out.groups(); ++group) fitGroup(group);
    for (std::uint32_t first = 0; first < columns; first += kBlock) {
      const std::uint32_t end = std::min(first + kBlock, columns);
      for (std::uint32_t place = first; place < end; ++place) roundColumn(place, first, end);
      spread(first, end);
    }
  }

 private:
  float* at(std::uint32_t place) { return m_weights.data() + std::size_t{place} * kTile; }
  const float* inverseRow(std::uint32_t place) const {
    return m_inputs.inverse.data() + std::size_t{place} * m_inputs.columns;
  }

  /// Scales of a group from the weights as they are now, or of all its columns before anything was rounded.
  void fitGroup(std::uint32_t group) {
    std::vector<float> values;
    for (std::uint32_t r = 0; r < m_rows; ++r) {
      values.clear();
      for (std::uint32_t place = 0; place < m_inputs.columns; ++place)
        if (m_out.group(m_inputs.order[place]) == group) values.push_back(at(place)[r]);
      scaleOf(r, group) = fitScale(m_scheme, values, m_options.searchedRange);
    }
  }

  GroupScale& scaleOf(std::uint32_t row, std::uint32_t group) {
    return m_out.scales[std::size_t{m_firstRow + row} * m_out.groups() + group];
  }

  void roundColumn(std::uint32_t place, std::uint32_t first, std::uint32_t end) {
    const std::uint32_t column = m_inputs.order[place], group = m_out.group(column);
    const std::uint32_t size = m_scheme.groupSize;
    if (!m_options.staticGroups && size != 0 && place % size == 0) fitGroupAt(place, group);
    const float* inverse = inverseRow(place);
    float* weights = at(place);
    float* errors = m_errors.data() + std::size_t{place - first} * kTile;
    for (std::uint32_t r = 0; r < m_rows; ++r) {
      const GroupScale& scale = scaleOf(r, group);
      const std::uint8_t code = scale.encode(weights[r], m_scheme.largestCode());
      m_out.codes[std::size_t{m_firstRow + r} * m_inputs.columns + column] = code;
      errors[r] = (weights[r] - scale.decode(code)) / inverse[place];
    }
    for (std::uint32_t next = place + 1; next < end; ++next) subtract(at(next), errors, inverse[next]);
  }

  /// A group that begins here in the order of rounding; it ends within the block.
  void fitGroupAt(std::uint32_t place, std::uint32_t group) {
    const std::uint32_t last = std::min(place + m_scheme.groupSize, m_inputs.columns);
    std::vector<float> values(last - place);
    for (std::uint32_t r = 0; r < m_rows; ++r) {
      for (std::uint32_t next = place; next < last; ++next) values[next - place] = at(next)[r];
      scaleOf(r, group) = fitScale(m_scheme, values, m_options.searchedRange);
    }
  }

  /// What the block's errors mean for all columns behind it.
  void spread(std::uint32_t first, std::uint32_t end) {
    for (std::uint32_t place = first; place < end; ++place) {
      const float* inverse = inverseRow(place);
      const float* errors = m_errors.data() + std::size_t{place - first} * kTile;
      for (std::uint32_t next = end; next < m_inputs.columns; ++next) subtract(at(next), errors, inverse[next]);
    }
  }

  static void subtract(float* weights, const float* errors, float factor) {
    for (std::uint32_t r = 0; r < kTile; ++r) weights[r] -= errors[r] * factor;
  }

  const GroupedScheme& m_scheme;
  const GptqOptions& m_options;
  const GptqInputs& m_inputs;
  GroupedWeights& m_out;
  std::uint32_t m_firstRow, m_rows;
  std::vector<float> m_weights;  ///< (columns in order, kTile)
  std::vector<float> m_errors;   ///< (kBlock, kTile)
};

}  // namespace

Result<GptqInputs> prepareGptq(std::span<const float> hessian, std::uint32_t columns, const GptqOptions& options) {
  const auto diagonal = [&](std::uint32_t i) { return hessian[std::size_t{i} * columns + i]; };
  GptqInputs inputs{columns, std::vector<std::uint32_t>(columns), std::vector<bool>(columns), {}};
  std::iota(inputs.order.begin(), inputs.order.end(), 0u);
  if (options.byImportance)
    std::ranges::stable_sort(inputs.order, std::greater(), diagonal);
  double mean = 0;
  for (std::uint32_t i = 0; i < columns; ++i) {
    inputs.dead[i] = diagonal(i) == 0;
    mean += diagonal(i) / static_cast<double>(columns);
  }
  if (!std::isfinite(mean)) return fail(ErrorKind::badInput, "the inputs of a linear layer are not finite numbers");
  constexpr int kTries = 5;
  double damping = options.damping * mean;
  for (int attempt = 0; attempt < kTries; ++attempt, damping = std::max(damping * 10, 1e-6 * mean)) {
    Matrix damped(columns, columns);
    for (std::uint32_t i = 0; i < columns; ++i) {
      const float* row = hessian.data() + std::size_t{inputs.order[i]} * columns;
      for (std::uint32_t j = 0; j < columns; ++j) damped(j, i) = row[inputs.order[j]];
      damped(i, i) += damping + (inputs.dead[inputs.order[i]] ? 1.0 : 0.0);
    }
    if (invertUpper(damped, inputs.inverse)) return inputs;
  }
  return fail(ErrorKind::badInput, "the Hessian of ", columns,
              " inputs is not positive definite; calibrate with more text or more damping");
}

Result<GroupedWeights> quantizeGptq(const GroupedScheme& scheme, const GptqOptions& options, const GptqInputs& inputs,
                                    std::uint32_t rows, std::span<const float> weights, ThreadPool& pool,
                                    std::stop_token stop) {
  if (scheme.groupSize != 0 && kBlock % scheme.groupSize != 0)
    return fail(ErrorKind::usage, "groups of ", scheme.groupSize, " columns; GPTQ takes 128, a divisor of it, or whole rows");
  GroupedWeights out{scheme, rows, inputs.columns, {}, {}, {}};
  if (options.byImportance && !options.staticGroups && scheme.groupSize != 0) {
    out.groupOf.resize(inputs.columns);
    for (std::uint32_t place = 0; place < inputs.columns; ++place)
      out.groupOf[inputs.order[place]] = place / scheme.groupSize;
  }
  out.codes.resize(std::size_t{rows} * inputs.columns);
  out.scales.resize(std::size_t{rows} * out.groups());
  pool.parallelFor((rows + kTile - 1) / kTile, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t tile = begin; tile < end && !stop.stop_requested(); ++tile)
      Tile(scheme, options, inputs, out, weights, static_cast<std::uint32_t>(tile) * kTile).run();
  });
  if (stop.stop_requested()) return fail(ErrorKind::cancelled, "quantizing was stopped");
  return out;
}

double outputError(std::span<const float> hessian, std::uint32_t columns, std::span<const float> weights,
                   std::span<const float> quantized, ThreadPool& pool) {
  const std::size_t rows = weights.size() / columns;
  std::vector<double> errors(rows);
  pool.parallelFor(rows, 1, [&](std::size_t begin, std::size_t end) {
    std::vector<float> difference(columns);
    for (std::size_t row = begin; row < end; ++row) {
      for (std::uint32_t i = 0; i < columns; ++i)
        difference[i] = quantized[row * columns + i] - weights[row * columns + i];
      for (std::uint32_t i = 0; i < columns; ++i) {
        const float* h = hessian.data() + std::size_t{i} * columns;
        float sum = 0;
        for (std::uint32_t j = 0; j < columns; ++j) sum += h[j] * difference[j];
        errors[row] += double{sum} * double{difference[i]};
      }
    }
  });
  return std::accumulate(errors.begin(), errors.end(), 0.0);
}

}  // namespace cutaway
