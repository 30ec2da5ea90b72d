#include "core/inspect/states.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cutaway {
namespace {

constexpr StateMeasureInfo kMeasures[kStateMeasureCount] = {
    {StateMeasure::norm, "norm", "length of the residual stream", false},
    {StateMeasure::attention, "attention", "length of what attention adds", false},
    {StateMeasure::feedForward, "feed-forward", "length of what the feed-forward part adds", false},
    {StateMeasure::previousCosine, "cosine-before", "cosine to the layer before", true},
    {StateMeasure::lastCosine, "cosine-last", "cosine to the last layer", true},
};

double product(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

float length(std::span<const float> a) { return static_cast<float>(std::sqrt(product(a, a))); }

/// 0 where one of them has no length.
float cosine(std::span<const float> a, std::span<const float> b) {
  const double both = std::sqrt(product(a, a)) * std::sqrt(product(b, b));
  return both > 0 ? static_cast<float>(product(a, b) / both) : 0.0f;
}

/// The embedding, then per layer what attention adds, what the feed-forward part adds, and what the layer leaves.
constexpr std::size_t kPerLayer = 3;

}  // namespace

std::span<const StateMeasureInfo> stateMeasures() { return kMeasures; }

HiddenStates::HiddenStates(const Graph& graph, std::vector<TokenId> tokens, std::span<const ValueId> values,
                           std::size_t stride)
    : m_replay(graph, std::move(tokens), values),
      m_rows(graph.layers + 1),
      m_width(graph.width),
      m_stride(stride),
      m_stream(std::size_t{m_rows} * m_width) {
  const std::size_t count = this->tokens().size();
  for (auto& all : m_values) all.assign(m_rows * count, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t token = 0; token < count; ++token)
    if (keeps(token)) m_kept.push_back(static_cast<std::uint32_t>(token));
  m_states.reserve(m_kept.size() * m_stream.size());
}

Result<std::unique_ptr<HiddenStates>> HiddenStates::create(const Graph& graph, std::vector<TokenId> tokens,
                                                           const Options& options) {
  if (tokens.empty()) return fail(ErrorKind::usage, "there are no tokens whose hidden states could be shown");
  std::vector<ValueId> values;
  const auto add = [&](const std::string& name) -> Result<void> {
    values.push_back(graph.find(name));
    if (values.back() == kNone) return fail(ErrorKind::badInput, "this model has no value ", name);
    return {};
  };
  TRY(add("embed"));
  for (std::uint32_t layer = 0; layer < graph.layers; ++layer)
    for (const char* name : {".attn.out", ".ffn.out", ".resid_post"}) TRY(add(concat("blk.", layer, name)));
  const std::uint64_t perToken = std::uint64_t{graph.layers + 1} * graph.width * sizeof(float);
  const std::uint64_t fitting = std::max<std::uint64_t>(options.memory / perToken, 2) - 1;  // the last one is kept too
  const std::size_t stride = (tokens.size() + fitting - 1) / fitting;
  return std::unique_ptr<HiddenStates>(new HiddenStates(graph, std::move(tokens), values, stride));
}

Result<bool> HiddenStates::step(Session& session) {
  const Replay::Piece piece = TRY(m_replay.step(session));
  for (std::size_t i = 0; i < piece.tokens; ++i) take(piece, i);
  return !m_replay.done();
}

void HiddenStates::take(const Replay::Piece& piece, std::size_t index) {
  const std::size_t token = piece.first + index;
  const auto row = [&](std::size_t capture) {
    return std::span(piece.captures[capture].data).subspan(index * m_width, m_width);
  };
  std::ranges::copy(row(0), m_stream.begin());
  for (std::uint32_t layer = 0; layer + 1 < m_rows; ++layer) {
    const std::size_t first = 1 + layer * kPerLayer;
    cell(StateMeasure::attention, layer + 1, token) = length(row(first));
    cell(StateMeasure::feedForward, layer + 1, token) = length(row(first + 1));
    std::ranges::copy(row(first + 2), m_stream.begin() + std::ptrdiff_t{layer + 1} * m_width);
  }
  measure(token);
  if (keeps(token)) m_states.insert(m_states.end(), m_stream.begin(), m_stream.end());
}

void HiddenStates::measure(std::size_t token) {
  const auto row = [this](std::uint32_t at) { return std::span<const float>(m_stream).subspan(at * m_width, m_width); };
  for (std::uint32_t at = 0; at < m_rows; ++at) {
    cell(StateMeasure::norm, at, token) = length(row(at));
    cell(StateMeasure::lastCosine, at, token) = cosine(row(at), row(m_rows - 1));
    if (at > 0) cell(StateMeasure::previousCosine, at, token) = cosine(row(at), row(at - 1));
  }
}

}  // namespace cutaway
