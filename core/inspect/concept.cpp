#include "core/inspect/concept.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>

#include "core/inspect/recall.h"
#include "core/inspect/residual_terms.h"

namespace cutaway {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr double kPenalty = 0.1;

/// Share of the test rows on the right side of a ridge regression on the others.
double heldOutRight(const Matrix& rows, const Vector& labels, const std::vector<Eigen::Index>& fit,
                    const std::vector<Eigen::Index>& test) {
  const Matrix some = rows(fit, Eigen::all);
  const Eigen::RowVectorXd mean = some.colwise().mean();
  const double offset = labels(fit).mean();
  const Matrix centred = some.rowwise() - mean;
  Matrix gram = centred * centred.transpose();
  gram.diagonal().array() += kPenalty * gram.trace() / static_cast<double>(fit.size());
  const Vector dual = gram.ldlt().solve((labels(fit).array() - offset).matrix());
  const Vector scores = (rows(test, Eigen::all).rowwise() - mean) * (centred.transpose() * dual);
  double right = 0;
  for (Eigen::Index i = 0; i < scores.size(); ++i)
    right += (scores[i] + offset > 0) == (labels[test[static_cast<std::size_t>(i)]] > 0) ? 1 : 0;
  return right;
}

}  // namespace

Result<std::unique_ptr<Concept>> Concept::create(const Model& model, const Question& question) {
  const Graph& graph = model.description->graph();
  for (const auto& set : {question.with, question.without}) {
    if (set.size() < 2)
      return fail(ErrorKind::badInput, "a set has ", set.size(),
                  " examples; two at least are needed, twenty tell more");
    for (const auto& text : set)
      if (text.empty()) return fail(ErrorKind::badInput, "an example has no tokens; leave empty ones out");
  }
  std::vector<ValueId> states, neurons;
  for (std::uint32_t layer = 0; layer < graph.layers; ++layer) {
    states.push_back(graph.find(concat("blk.", layer, ".resid_post")));
    neurons.push_back(graph.find(concat("blk.", layer, ".ffn.act")));
  }
  std::erase(states, kNone);
  std::erase(neurons, kNone);
  if (states.empty())
    return fail(ErrorKind::badInput, "this model has no values blk.*.resid_post to tell sets apart by");
  return std::unique_ptr<Concept>(
      new Concept(model.description, question, std::move(states), std::move(neurons)));
}

Concept::Concept(std::shared_ptr<const ModelDescription> model, const Question& question,
                 std::vector<ValueId> states, std::vector<ValueId> neurons)
    : m_model(std::move(model)),
      m_question(question),
      m_states(std::move(states)),
      m_acts(std::move(neurons)),
      m_rows(m_states.size()),
      m_sums(m_acts.size()) {
  const auto smallest = static_cast<std::uint32_t>(std::min(question.with.size(), question.without.size()));
  m_question.folds = std::clamp(m_question.folds, 2u, smallest);
}

std::uint32_t Concept::ownContext() const {
  std::size_t longest = 0;
  for (const auto& set : {&m_question.with, &m_question.without})
    for (const auto& text : *set) longest = std::max(longest, text.size());
  return static_cast<std::uint32_t>(longest) + 2 * kPageCells;
}

double Concept::expectedSeconds(const Session& session) const {
  std::uint64_t tokens = 0;
  for (const auto& set : {&m_question.with, &m_question.without})
    for (const auto& text : *set) tokens += text.size();
  return session.secondsFor(tokens);
}

std::size_t Concept::foldOf(std::size_t example) const {
  return (isWith(example) ? example : example - m_question.with.size()) % m_question.folds;
}

void Concept::keep(std::span<const Capture> captures) {
  for (std::size_t layer = 0; layer < m_states.size(); ++layer)
    m_rows[layer].insert(m_rows[layer].end(), captures[layer].data.begin(), captures[layer].data.end());
  for (std::size_t i = 0; i < m_acts.size(); ++i) {
    const std::vector<float>& values = captures[m_states.size() + i].data;
    Sums& sums = m_sums[i][isWith(m_read) ? 1 : 0];
    sums.sum.resize(values.size());
    sums.squares.resize(values.size());
    for (std::size_t j = 0; j < values.size(); ++j) {
      sums.sum[j] += double{values[j]};
      sums.squares[j] += double{values[j]} * double{values[j]};
    }
  }
  ++m_read;
}

void Concept::probe(std::size_t layer) {
  const auto count = static_cast<Eigen::Index>(examples());
  const auto width = static_cast<Eigen::Index>(m_rows[layer].size()) / count;
  const Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> states(
      m_rows[layer].data(), count, width);
  const Matrix rows = states.cast<double>();
  Vector labels(count);
  for (Eigen::Index i = 0; i < count; ++i) labels[i] = isWith(static_cast<std::size_t>(i)) ? 1 : -1;
  double right = 0;
  Vector shares(m_question.folds);
  for (std::uint32_t fold = 0; fold < m_question.folds; ++fold) {
    std::vector<Eigen::Index> fit, test;
    for (Eigen::Index i = 0; i < count; ++i)
      (foldOf(static_cast<std::size_t>(i)) == fold ? test : fit).push_back(i);
    const double some = heldOutRight(rows, labels, fit, test);
    shares[fold] = some / static_cast<double>(test.size());
    right += some;
  }
  const double spread = std::sqrt((shares.array() - shares.mean()).square().mean());
  const auto with = static_cast<Eigen::Index>(m_question.with.size());
  const Eigen::RowVectorXf steering =
      (rows.topRows(with).colwise().mean() - rows.bottomRows(count - with).colwise().mean()).cast<float>();
  m_layers.push_back(
      {m_states[layer], right / static_cast<double>(count), spread, {steering.begin(), steering.end()}});
}

void Concept::compareNeurons(std::size_t layer) {
  if (layer >= m_acts.size()) return;
  const Sums &without = m_sums[layer][0], &with = m_sums[layer][1];
  const auto withCount = static_cast<double>(m_question.with.size());
  const auto withoutCount = static_cast<double>(m_question.without.size());
  for (std::size_t i = 0; i < with.sum.size(); ++i) {
    const double a = with.sum[i] / withCount, b = without.sum[i] / withoutCount;
    const double variance = (std::max(with.squares[i] / withCount - a * a, 0.0) +
                             std::max(without.squares[i] / withoutCount - b * b, 0.0)) /
                            2;
    constexpr double kLeast = 1e-12;  // a neuron that says the same of all examples of a set
    m_neurons.push_back(
        {m_acts[layer], static_cast<std::uint32_t>(i), (a - b) / std::sqrt(variance + kLeast), a, b});
  }
  const std::size_t kept = std::min<std::size_t>(m_neurons.size(), m_question.neurons);
  std::ranges::partial_sort(m_neurons, m_neurons.begin() + static_cast<std::ptrdiff_t>(kept),
                            std::greater<>(),
                            [](const Neuron& neuron) { return std::abs(neuron.separation); });
  m_neurons.resize(kept);
}

Result<bool> Concept::step(Session& session) {
  if (m_read < examples()) {
    TRY(session.setEdits(std::make_shared<const Edits>()));
    const std::vector<TokenId>& text =
        isWith(m_read) ? m_question.with[m_read] : m_question.without[m_read - m_question.with.size()];
    std::vector<Tap> taps;
    for (const ValueId value : m_states) taps.push_back({.value = value});
    for (const ValueId value : m_acts) taps.push_back({.value = value});
    const auto result = TRY(askLastToken(session, text, {.taps = taps}));
    if (result) keep(result->captures);
    return true;
  }
  if (m_layers.size() < m_states.size()) {
    compareNeurons(m_layers.size());
    probe(m_layers.size());
  }
  return m_layers.size() < m_states.size();
}

double Concept::progress() const {
  return static_cast<double>(m_read + m_layers.size()) / static_cast<double>(examples() + m_states.size());
}

double Concept::chance() const {
  return static_cast<double>(std::max(m_question.with.size(), m_question.without.size())) /
         static_cast<double>(examples());
}

double Concept::chanceSpread() const {
  return std::sqrt(chance() * (1 - chance()) / static_cast<double>(examples()));
}

std::size_t Concept::bestLayer() const {
  const double best = std::ranges::max_element(m_layers, {}, &Layer::accuracy)->accuracy;
  std::vector<std::size_t> alike;
  for (std::size_t i = 0; i < m_layers.size(); ++i)
    if (m_layers[i].accuracy == best) alike.push_back(i);
  return alike[alike.size() / 2];
}

}  // namespace cutaway
