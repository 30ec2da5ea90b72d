#include "ui/views/token_attention.h"

#include <algorithm>
#include <numeric>

namespace cutaway {

std::optional<TokenAttention> TokenAttention::from(const QStringList& pieces, std::span<const Capture> patterns) {
  TokenAttention result;
  result.m_pieces = pieces;
  const auto tokens = static_cast<std::size_t>(pieces.size());
  for (const Capture& pattern : patterns) {
    const bool isRow = pattern.shape.size() == 3 && pattern.shape[0] > 0 && pattern.shape[1] == 1;
    if (!isRow || pattern.shape[2] != tokens || pattern.data.size() != pattern.shape[0] * tokens) return {};
    if (result.m_heads != 0 && result.m_heads != static_cast<int>(pattern.shape[0])) return {};
    result.m_heads = static_cast<int>(pattern.shape[0]);
    result.m_weights.insert(result.m_weights.end(), pattern.data.begin(), pattern.data.end());
  }
  if (result.m_weights.empty()) return {};
  return result;
}

std::span<const float> TokenAttention::weights(int layer, int head) const {
  const std::size_t length = m_pieces.size();
  return std::span(m_weights).subspan((static_cast<std::size_t>(layer) * m_heads + head) * length, length);
}

std::vector<float> TokenAttention::row(int layer, int head, bool withoutSink) const {
  std::vector<float> row(m_pieces.size());
  if (head >= 0) {
    std::ranges::copy(weights(layer, head), row.begin());
  } else {
    for (std::size_t i = 0; i < m_weights.size(); ++i) row[i % row.size()] += m_weights[i];
    const float rows = static_cast<float>(m_weights.size() / row.size());
    for (float& weight : row) weight /= rows;
  }
  if (!withoutSink || row.size() < 2) return row;
  row.front() = 0;
  const float rest = std::accumulate(row.begin(), row.end(), 0.0f);
  if (rest > 0) {
    for (float& weight : row) weight /= rest;
  }
  return row;
}

std::vector<int> heaviest(std::span<const float> weights, int count, float least) {
  std::vector<int> order;
  for (int token = static_cast<int>(weights.size()) - 1; token >= 0; --token) {
    if (weights[token] >= least) order.push_back(token);
  }
  std::ranges::stable_sort(order, std::ranges::greater(), [&](int token) { return weights[token]; });
  if (static_cast<int>(order.size()) > count) order.resize(count);
  return order;
}

}  // namespace cutaway
