#include "core/inspect/attention_flow.h"

#include <Eigen/Core>
#include <algorithm>

#include "core/inspect/recall.h"
#include "core/inspect/weights.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kStepBytes = std::uint64_t{32} << 20;  ///< of patterns in one step
constexpr std::size_t kNormTokens = 64;                        ///< whose norms one step computes

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

ValueId patternOf(const Graph& graph, const Node& attention) {
  for (std::size_t i = 0; i < graph.values.size(); ++i)
    if (graph.values[i].onDemand && &graph.nodes[graph.values[i].node] == &attention &&
        graph.values[i].name.ends_with(".pattern"))
      return static_cast<ValueId>(i);
  return kNone;
}

}  // namespace

Result<std::unique_ptr<AttentionFlow>> AttentionFlow::create(const Model& model, std::vector<TokenId> tokens,
                                                             std::uint64_t bytes) {
  if (tokens.empty()) return fail(ErrorKind::badInput, "there is no text in front of the word");
  const Graph& graph = model.description->graph();
  std::vector<Layer> layers;
  for (const ResidualTerm& term : TRY(residualSum(graph)).terms) {
    if (term.heads == kNone) continue;
    const Node& attention = graph.nodes[graph.values[term.heads].node];
    layers.push_back({patternOf(graph, attention), attention.inputs[2], term.projection});
  }
  if (layers.empty())
    return fail(ErrorKind::badInput, "this model has no attention whose weights could be followed");
  const std::uint64_t perLayer = std::uint64_t{tokens.size()} * (tokens.size() + 1) / 2 * sizeof(float);
  const auto atOnce = static_cast<std::size_t>(std::clamp<std::uint64_t>(bytes / perLayer, 1, layers.size()));
  return std::unique_ptr<AttentionFlow>(
      new AttentionFlow(model.description, std::move(tokens), std::move(layers), atOnce));
}

AttentionFlow::AttentionFlow(std::shared_ptr<const ModelDescription> model, std::vector<TokenId> tokens,
                             std::vector<Layer> layers, std::size_t layersAtOnce)
    : m_model(std::move(model)),
      m_tokens(std::move(tokens)),
      m_layers(std::move(layers)),
      m_layersAtOnce(layersAtOnce),
      m_left(m_layers.size()),
      m_rollout(m_tokens.size()),
      m_movedNorms(m_tokens.size()) {
  m_rollout.back() = 1;
}

/// Room for the text, and for a branch that reads a piece of it again.
std::uint32_t AttentionFlow::ownContext() const {
  constexpr std::uint32_t kPiece = 512;
  return static_cast<std::uint32_t>(m_tokens.size()) + kPiece + 2 * kPageCells;
}

std::uint32_t AttentionFlow::nextCount(Session& session) const {
  const std::uint64_t rowBytes = std::uint64_t{m_model->graph().queryHeads} * m_tokens.size() *
                                 sizeof(float) * std::min(m_left, m_layersAtOnce);
  const std::uint64_t few = std::max<std::uint64_t>(kStepBytes / rowBytes, 1);
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>({few, session.chunkTokens(kSharedBudget), m_tokens.size() - m_read}));
}

/// Means over heads of the patterns of `count` more tokens, and their values.
void AttentionFlow::keep(std::span<const Capture> captures, std::uint32_t count) {
  const std::size_t heads = m_model->graph().queryHeads, seen = m_read + count;
  for (std::size_t i = 0; i < m_held.size(); ++i) {
    Held& held = m_held[i];
    const std::vector<float>&pattern = captures[2 * i].data, &values = captures[2 * i + 1].data;
    for (std::size_t row = 0; row < count; ++row)
      for (std::size_t key = 0; key <= m_read + row; ++key) {
        float sum = 0;
        for (std::size_t head = 0; head < heads; ++head) sum += pattern[(head * count + row) * seen + key];
        held.meanPattern.push_back(sum / static_cast<float>(heads));
      }
    held.values.insert(held.values.end(), values.begin(), values.end());
    if (seen < m_tokens.size()) continue;
    for (std::size_t head = 0; head < heads; ++head) {
      const auto last = pattern.begin() + static_cast<std::ptrdiff_t>((head * count + count - 1) * seen);
      held.lastRow.insert(held.lastRow.end(), last, last + static_cast<std::ptrdiff_t>(seen));
    }
  }
  m_read += count;
}

/// Through one layer, towards the text.
void AttentionFlow::rollDown(const Held& held) {
  std::vector<double> below(m_rollout.size());
  const float* row = held.meanPattern.data();
  for (std::size_t token = 0; token < m_rollout.size(); row += ++token) {
    below[token] += m_rollout[token] / 2;
    for (std::size_t key = 0; key <= token; ++key) below[key] += m_rollout[token] / 2 * double{row[key]};
  }
  m_rollout = std::move(below);
}

/// Of some more tokens; true when the layer is done.
bool AttentionFlow::addNorms(const Layer& layer, const Held& held) {
  const Graph& graph = m_model->graph();
  const std::size_t tokens = m_tokens.size(), width = graph.headWidth,
                    share = graph.queryHeads / graph.keyValueHeads;
  const auto inputs = static_cast<Eigen::Index>(graph.queryHeads * width);
  if (m_projection.empty()) m_projection = weightRows(*m_model, layer.projection, 0, graph.width);
  const std::size_t first = m_norms.size(), count = std::min(kNormTokens, tokens - first);
  Matrix moved(inputs, static_cast<Eigen::Index>(count));
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t head = 0; head < graph.queryHeads; ++head) {
      const float weight = held.lastRow[head * tokens + first + i];
      const float* value = held.values.data() + ((first + i) * graph.keyValueHeads + head / share) * width;
      for (std::size_t d = 0; d < width; ++d)
        moved(static_cast<Eigen::Index>(head * width + d), static_cast<Eigen::Index>(i)) = weight * value[d];
    }
  const Eigen::Map<const Matrix> projection(m_projection.data(), graph.width, inputs);
  const Eigen::RowVectorXf norms = (projection * moved).colwise().norm();
  for (const float norm : norms) m_norms.push_back(double{norm});
  if (m_norms.size() < tokens) return false;
  double all = 0;
  for (const double norm : m_norms) all += norm;
  for (std::size_t i = 0; i < tokens && all > 0; ++i)
    m_movedNorms[i] += m_norms[i] / all / static_cast<double>(m_layers.size());
  m_norms.clear();
  m_projection.clear();
  return true;
}

Result<bool> AttentionFlow::step(Session& session) {
  if (m_left == 0) return false;
  if (m_read < m_tokens.size()) {
    if (TRY(readAgain(session, m_tokens))) return true;
    const std::size_t group = std::min(m_left, m_layersAtOnce);
    if (m_read == 0) m_held.assign(group, {});
    std::vector<Tap> taps;
    for (std::size_t i = m_left - group; i < m_left; ++i) {
      taps.push_back({.value = m_layers[i].pattern});
      taps.push_back({.value = m_layers[i].values});
    }
    const std::uint32_t count = nextCount(session);
    const StepResult result = TRY(session.again(m_read, {.taps = taps}, count));
    keep(result.captures, count);
    return true;
  }
  if (!addNorms(m_layers[m_left - 1], m_held.back())) return true;
  rollDown(m_held.back());
  m_held.pop_back();
  --m_left;
  if (m_held.empty()) m_read = 0;
  return m_left > 0;
}

double AttentionFlow::progress() const {
  const double group = static_cast<double>(std::min(m_left, m_layersAtOnce));
  const double read = m_left == 0 ? 0 : static_cast<double>(m_read) / static_cast<double>(m_tokens.size());
  const double done = static_cast<double>(m_layers.size() - m_left) +
                      (m_held.size() == m_layersAtOnce ? 0.5 * read * group : 0);
  return std::min(1.0, done / static_cast<double>(m_layers.size()));
}

}  // namespace cutaway
