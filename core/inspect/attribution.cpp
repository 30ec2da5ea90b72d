#include "core/inspect/attribution.h"

#include <algorithm>
#include <cmath>

#include "core/inspect/recall.h"
#include "core/inspect/weights.h"

namespace cutaway {
namespace {

double dot(std::span<const float> values, std::span<const double> direction) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += double{values[i]} * direction[i];
  return sum;
}

std::vector<ValueId> valuesOf(const ResidualSum& sum) {
  std::vector<ValueId> values{sum.last};
  for (const ResidualTerm& term : sum.terms) {
    values.push_back(term.value);
    if (term.heads != kNone) values.push_back(term.heads);
  }
  return values;
}

}  // namespace

Result<std::unique_ptr<Attribution>> Attribution::create(const Model& model, std::vector<TokenId> tokens,
                                                         const Question& question) {
  const Graph& graph = model.description->graph();
  for (const TokenId token : {question.token, question.against}) TRY(checkToken(graph, token));
  if (tokens.empty()) return fail(ErrorKind::badInput, "there is no text in front of the token to explain");
  ResidualSum sum = TRY(residualSum(graph));
  return std::unique_ptr<Attribution>(
      new Attribution(model.description, std::move(tokens), question, std::move(sum)));
}

Attribution::Attribution(std::shared_ptr<const ModelDescription> model, std::vector<TokenId> tokens,
                         const Question& question, ResidualSum sum)
    : m_model(std::move(model)),
      m_question(question),
      m_sum(std::move(sum)),
      m_tokens(std::move(tokens)),
      m_values(valuesOf(m_sum)) {}

std::span<const float> Attribution::captured(ValueId value) const {
  return std::ranges::find(m_captures, value, &Capture::value)->data;
}

/// The direction of the residual stream along which the logit grows, by one per unit.
void Attribution::aim(const LogitRow& row) {
  if (m_question.token < 0) m_question.token = row.top.front().token;
  std::vector<double> scale(m_model->graph().width);
  const std::span<const float> last = captured(m_sum.last);
  double squares = 0;
  for (const float x : last) squares += double{x} * double{x};
  const double norm = std::sqrt(squares / static_cast<double>(last.size()) + double{m_sum.epsilon});
  std::ranges::transform(weightVector(*m_model, m_sum.norm), scale.begin(),
                         [&](float weight) { return double{weight} / norm; });
  m_direction.assign(scale.size(), 0);
  const std::vector<float> bias =
      m_sum.outputBias == kNone ? std::vector<float>() : weightVector(*m_model, m_sum.outputBias);
  const auto toward = [&](TokenId token, double sign) {
    if (token < 0) return;
    const auto index = static_cast<std::size_t>(token);
    const std::vector<float> weights = weightRows(*m_model, m_sum.output, index, 1);
    for (std::size_t i = 0; i < scale.size(); ++i) m_direction[i] += sign * scale[i] * double{weights[i]};
    m_logit += sign * double{row.logits[index]};
    if (!bias.empty()) m_outputBias += sign * double{bias[index]};
  };
  toward(m_question.token, 1);
  toward(m_question.against, -1);
}

void Attribution::measure(const ResidualTerm& term) {
  Part part{.term = term, .push = dot(captured(term.value), m_direction), .heads = {}};
  if (term.heads != kNone) {
    const std::vector<double> along = pullBack(*m_model, term.projection, m_direction);
    const std::span<const float> heads = captured(term.heads);
    const std::size_t width = m_model->graph().headWidth;
    for (std::size_t first = 0; first < heads.size(); first += width)
      part.heads.push_back(dot(heads.subspan(first, width), std::span(along).subspan(first, width)));
    if (term.bias != kNone) part.bias = dot(weightVector(*m_model, term.bias), m_direction);
  }
  m_parts.push_back(std::move(part));
}

double Attribution::expectedSeconds(const Session& session) const { return readSeconds(session, m_tokens); }

Result<bool> Attribution::step(Session& session) {
  if (m_direction.empty()) {
    std::vector<Tap> taps;
    for (const ValueId value : m_values) taps.push_back({.value = value});
    auto result = TRY(askLastToken(session, m_tokens, {.fullLogits = true, .taps = taps}));
    m_read = readShare(session, m_tokens);
    if (!result) return true;
    m_captures = std::move(result->captures);
    aim(result->rows.front());
    return true;
  }
  measure(m_sum.terms[m_parts.size()]);
  return m_parts.size() < m_sum.terms.size();
}

double Attribution::progress() const {
  constexpr double kReading = 0.5;
  if (m_direction.empty()) return kReading * m_read;
  return kReading +
         (1 - kReading) * static_cast<double>(m_parts.size()) / static_cast<double>(m_sum.terms.size());
}

double Attribution::sum() const {
  double sum = m_outputBias;
  for (const Part& part : m_parts) sum += part.push;
  return sum;
}

}  // namespace cutaway
