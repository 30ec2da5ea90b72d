#include "core/inspect/neurons.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "core/inspect/recall.h"
#include "core/inspect/weights.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kChunkWeights = std::uint64_t{1} << 22;  ///< of the output matrix in one step

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

}  // namespace

Result<std::unique_ptr<Neurons>> Neurons::create(const Model& model, std::vector<TokenId> tokens,
                                                 const Question& question) {
  const Graph& graph = model.description->graph();
  TRY(checkToken(graph, question.token));
  if (tokens.empty()) return fail(ErrorKind::badInput, "there is no text in front of the token to explain");
  ResidualSum sum = TRY(residualSum(graph));
  std::vector<Block> blocks;
  for (const ResidualTerm& term : sum.terms) {
    const Node& node = graph.nodes[graph.values[term.value].node];
    if (term.kind == ResidualTerm::Kind::feedForward && node.op == Op::linear)
      blocks.push_back({term.layer, node.inputs[0], node.weights[0]});
  }
  if (blocks.empty()) return fail(ErrorKind::badInput, "this model has no feed-forward blocks with neurons");
  return std::unique_ptr<Neurons>(
      new Neurons(model.description, std::move(tokens), question, std::move(sum), std::move(blocks)));
}

Neurons::Neurons(std::shared_ptr<const ModelDescription> model, std::vector<TokenId> tokens,
                 const Question& question, ResidualSum sum, std::vector<Block> blocks)
    : m_model(std::move(model)),
      m_tokens(std::move(tokens)),
      m_question(question),
      m_sum(std::move(sum)),
      m_blocks(std::move(blocks)) {}

void Neurons::aim(const LogitRow& row) {
  if (m_question.token < 0) m_question.token = row.top.front().token;
  double squares = 0;
  for (const float x : m_captures.front().data) squares += double{x} * double{x};
  const double norm =
      std::sqrt(squares / static_cast<double>(m_captures.front().data.size()) + double{m_sum.epsilon});
  for (const float weight : weightVector(*m_model, m_sum.norm)) m_scale.push_back(double{weight} / norm);
  const auto output = weightRows(*m_model, m_sum.output, static_cast<std::uint64_t>(m_question.token), 1);
  for (std::size_t i = 0; i < m_scale.size(); ++i) m_direction.push_back(m_scale[i] * double{output[i]});
}

/// Of one block; of all neurons so far, the strongest stay.
void Neurons::measure(const Block& block, std::span<const float> activations) {
  std::vector<double> squares(activations.size()), along(activations.size());
  const std::uint64_t rows = m_scale.size(), columns = activations.size();
  const std::uint64_t chunk = std::max<std::uint64_t>(kChunkWeights / columns, 1);
  for (std::uint64_t first = 0; first < rows; first += chunk) {
    const std::uint64_t count = std::min(chunk, rows - first);
    const std::vector<float> weights = weightRows(*m_model, block.down, first, count);
    for (std::uint64_t row = 0; row < count; ++row)
      for (std::uint64_t i = 0; i < columns; ++i) {
        const double weight = double{weights[row * columns + i]};
        squares[i] += weight * weight;
        along[i] += weight * m_direction[first + row];
      }
  }
  for (std::uint32_t i = 0; i < columns; ++i) {
    const double activation = double{activations[i]};
    m_neurons.push_back(
        {block.layer, i, activation, std::abs(activation) * std::sqrt(squares[i]), activation * along[i]});
  }
  const std::size_t kept = std::min<std::size_t>(m_neurons.size(), m_question.neurons);
  std::ranges::partial_sort(m_neurons, m_neurons.begin() + static_cast<std::ptrdiff_t>(kept),
                            std::greater<>(), &Neuron::strength);
  m_neurons.resize(kept);
}

/// What the kept neurons write, as the output matrix sees it.
void Neurons::takeColumns() {
  m_columns.resize(m_neurons.size() * m_scale.size());
  for (const Block& block : m_blocks) {
    if (std::ranges::find(m_neurons, block.layer, &Neuron::layer) == m_neurons.end()) continue;
    for (std::size_t row = 0; row < m_scale.size(); ++row) {
      const std::vector<float> weights = weightRows(*m_model, block.down, row, 1);
      for (std::size_t i = 0; i < m_neurons.size(); ++i)
        if (m_neurons[i].layer == block.layer)
          m_columns[i * m_scale.size() + row] = static_cast<float>(
              m_neurons[i].activation * double{weights[m_neurons[i].index]} * m_scale[row]);
    }
  }
}

/// A few rows of the output matrix: words that may be among the highest.
void Neurons::readWords() {
  const auto width = static_cast<Eigen::Index>(m_scale.size()),
             neurons = static_cast<Eigen::Index>(m_neurons.size());
  const std::uint64_t vocabulary = m_model->graph().vocabulary;
  const std::uint64_t count =
      std::min(std::max<std::uint64_t>(kChunkWeights / m_scale.size(), 1), vocabulary - m_wordsRead);
  const std::vector<float> rows = weightRows(*m_model, m_sum.output, m_wordsRead, count);
  const Eigen::Map<const Matrix> output(rows.data(), static_cast<Eigen::Index>(count), width);
  const Eigen::Map<const Matrix> columns(m_columns.data(), neurons, width);
  const Matrix raised = columns * output.transpose();
  for (Eigen::Index i = 0; i < neurons; ++i) {
    std::vector<TokenLogit>& words = m_neurons[static_cast<std::size_t>(i)].words;
    for (std::uint64_t row = 0; row < count; ++row)
      words.push_back({static_cast<TokenId>(m_wordsRead + row), raised(i, static_cast<Eigen::Index>(row))});
    const std::size_t kept = std::min<std::size_t>(words.size(), m_question.words);
    std::ranges::partial_sort(words, words.begin() + static_cast<std::ptrdiff_t>(kept), std::greater<>(),
                              &TokenLogit::logit);
    words.resize(kept);
  }
  m_wordsRead += count;
}

double Neurons::expectedSeconds(const Session& session) const { return readSeconds(session, m_tokens); }

Result<bool> Neurons::step(Session& session) {
  if (m_captures.empty()) {
    std::vector<Tap> taps{{.value = m_sum.last}};
    for (const Block& block : m_blocks) taps.push_back({.value = block.activations});
    auto result = TRY(askLastToken(session, m_tokens, {.fullLogits = true, .taps = taps}));
    if (!result) return true;
    m_captures = std::move(result->captures);
    aim(result->rows.front());
    return true;
  }
  if (m_measured < m_blocks.size()) {
    measure(m_blocks[m_measured], m_captures[m_measured + 1].data);
    if (++m_measured == m_blocks.size()) takeColumns();
    return true;
  }
  if (m_wordsRead < m_model->graph().vocabulary) readWords();
  if (m_wordsRead < m_model->graph().vocabulary) return true;
  for (Neuron& neuron : m_neurons)
    for (std::size_t i = neuron.texts.size(); i < neuron.words.size(); ++i)
      neuron.texts.push_back(m_model->tokenizer->piece(neuron.words[i].token, true));
  return false;
}

double Neurons::progress() const {
  const double words = static_cast<double>(m_wordsRead) / static_cast<double>(m_model->graph().vocabulary);
  return 0.5 * static_cast<double>(m_measured) / static_cast<double>(m_blocks.size()) + 0.5 * words;
}

}  // namespace cutaway
