#include "core/convert/layer_inputs.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace cutaway {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
constexpr std::uint32_t kBand = 64;  ///< rows of the Hessian that a thread adds to at a time

}  // namespace

std::vector<SharedInput> sharedInputs(const Graph& graph, std::uint32_t layer) {
  std::vector<SharedInput> inputs;
  const std::string prefix = concat("blk.", layer, ".");
  for (const Node& node : graph.nodes) {
    if (node.op != Op::linear || node.layer != static_cast<std::int32_t>(layer)) continue;
    const Weight& weight = graph.weights[static_cast<std::size_t>(node.weights.front())];
    const std::string name = graph.values[static_cast<std::size_t>(node.inputs.front())].name.substr(prefix.size());
    auto known = std::ranges::find(inputs, name, &SharedInput::value);
    if (known == inputs.end()) {
      inputs.push_back({name, static_cast<std::uint32_t>(weight.shape.back()), {}});
      known = inputs.end() - 1;
    }
    known->matrices.push_back(weight.name);
  }
  return inputs;
}

InputStatistics::InputStatistics(std::uint32_t columns, std::uint64_t tokens, Keep keep)
    : m_columns(columns), m_every(std::max<std::uint64_t>(1, tokens / kSamples)), m_keep(keep), m_magnitude(columns) {
  if (keep == Keep::hessian) m_hessian.resize(std::size_t{columns} * columns);
}

void InputStatistics::add(std::span<const float> rows, ThreadPool& pool) {
  const std::size_t count = rows.size() / m_columns;
  for (std::size_t row = 0; row < count; ++row) {
    const auto values = rows.subspan(row * m_columns, m_columns);
    if (m_keep == Keep::samples && (m_tokens + row) % m_every == 0) m_samples.insert(m_samples.end(), values.begin(), values.end());
    for (std::uint32_t i = 0; i < m_columns; ++i) m_magnitude[i] += std::abs(double{values[i]});
  }
  m_tokens += count;
  if (m_keep != Keep::hessian) return;
  const Eigen::Map<const RowMajor> x(rows.data(), static_cast<Eigen::Index>(count), m_columns);
  Eigen::Map<RowMajor> hessian(m_hessian.data(), m_columns, m_columns);
  pool.parallelFor((m_columns + kBand - 1) / kBand, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t band = begin; band < end; ++band) {
      const auto first = static_cast<Eigen::Index>(band * kBand);
      const auto width = std::min<Eigen::Index>(kBand, m_columns - first);
      hessian.middleRows(first, width).noalias() += x.middleCols(first, width).transpose() * x;
    }
  });
}

AwqInputs InputStatistics::takeAwqInputs() && {
  AwqInputs inputs{m_columns, std::vector<float>(m_columns), std::move(m_samples)};
  for (std::uint32_t i = 0; i < m_columns; ++i)
    inputs.magnitude[i] = static_cast<float>(m_magnitude[i] / static_cast<double>(std::max<std::uint64_t>(m_tokens, 1)));
  return inputs;
}

}  // namespace cutaway
