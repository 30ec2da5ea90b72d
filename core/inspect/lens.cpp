#include "core/inspect/lens.h"

#include <algorithm>
#include <cmath>

#include "core/inspect/recall.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kLogitBytes = std::uint64_t{16} << 20;  ///< of one row of all tokens at hand
constexpr std::uint32_t kMostTokens = 64;

/// KL(p || q) of two rows of log-probabilities, in nats; the second as logits and what normalises them.
float divergence(std::span<const float> p, const LogitRow& q) {
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i)
    sum += std::exp(double{p[i]}) * (double{p[i]} - (double{q.logits[i]} - double{q.logSumExp}));
  return static_cast<float>(std::max(sum, 0.0));
}

}  // namespace

std::vector<float> logProbabilities(const LogitRow& row) {
  std::vector<float> result = row.logits;
  for (float& logit : result) logit -= row.logSumExp;
  return result;
}

LensCell lensCell(const LogitRow& row, std::span<const float> final) {
  LensCell cell;
  for (std::size_t i = 0; i < LensCell::kTop; ++i) {
    const bool known = i < row.top.size();
    cell.top[i] = known ? row.top[i].token : -1;
    cell.probability[i] = known ? std::exp(row.top[i].logit - row.logSumExp) : 0.0f;
  }
  cell.entropy = row.entropy;
  cell.divergence = divergence(final, row);
  const auto winner = static_cast<std::size_t>(std::ranges::max_element(final) - final.begin());
  const float logit = row.logits[winner];
  cell.rank = 1 + static_cast<std::uint32_t>(std::ranges::count_if(row.logits, [&](float other) { return other > logit; }));
  cell.finalProbability = std::exp(logit - row.logSumExp);
  return cell;
}

std::uint32_t decidedRow(std::span<const LensCell> column) {
  auto row = static_cast<std::uint32_t>(column.size()) - 1;
  while (row > 0 && column[row - 1].rank == 1) --row;
  return row;
}

Result<std::vector<ValueId>> lensValues(const Graph& graph) {
  std::vector<ValueId> values{graph.find("embed")};
  for (std::uint32_t layer = 0; layer < graph.layers; ++layer) values.push_back(graph.find(concat("blk.", layer, ".resid_post")));
  if (std::ranges::find(values, kNone) != values.end())
    return fail(ErrorKind::badInput, "the logit lens needs the values embed and blk.*.resid_post, which this model has not");
  return values;
}

Result<std::unique_ptr<Probe>> compileLens(Session& session, std::uint32_t mostTokens) {
  const Graph& graph = session.model().description->graph();
  const ValueId last = TRY(lensValues(graph)).back(), logits = graph.logits();
  auto slice = TRY(cutSlice(graph, {&last, 1}, {&logits, 1}));
  return session.compile(std::move(slice), mostTokens);
}

Result<std::unique_ptr<LogitLens>> LogitLens::create(const Model& model, std::vector<TokenId> tokens, std::uint32_t first) {
  if (tokens.empty()) return fail(ErrorKind::usage, "there are no tokens to look at through the lens");
  const std::vector<ValueId> values = TRY(lensValues(model.description->graph()));
  first = std::min(first, static_cast<std::uint32_t>(tokens.size()) - 1);
  return std::unique_ptr<LogitLens>(new LogitLens(model, std::move(tokens), first, values));
}

LogitLens::LogitLens(const Model& model, std::vector<TokenId> tokens, std::uint32_t first, std::span<const ValueId> values)
    : m_model(model.description),
      m_first(first),
      m_rows(static_cast<std::uint32_t>(values.size())),
      m_mostTokens(static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
          kLogitBytes / sizeof(float) / std::max(m_model->graph().vocabulary, 1u), 1, kMostTokens))),
      m_replay(m_model->graph(), std::move(tokens), values, first),
      m_cells(std::size_t{columns()} * m_rows) {}

/// One row of the tokens at hand, the last layer's first: the others are compared with it.
Result<void> LogitLens::readRow(Session& session) {
  const std::uint32_t row = m_rows - 1 - m_row, begin = m_piece.first + m_done;
  const std::uint32_t count = std::min(m_piece.tokens - m_done, m_mostTokens);
  const std::size_t width = m_model->graph().width;
  const StepInput input{m_probe->slice().inWhole.at(m_probe->slice().inputs.front()),
                        std::span(m_piece.captures.at(row).data).subspan(m_done * width, count * width)};
  const std::vector<std::uint8_t> every(count, 1);
  const StepResult result = TRY(session.run(
      *m_probe, {.first = begin, .tokens = count, .inputs = {&input, 1}, .wantLogits = every, .fullLogits = true}));
  if (m_row == 0) m_final.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    if (m_row == 0) m_final.push_back(logProbabilities(result.rows.at(i)));
    m_cells[std::size_t{begin - m_first + i} * m_rows + row] = lensCell(result.rows.at(i), m_final[i]);
  }
  if (++m_row < m_rows) return {};
  m_row = 0;
  m_done += count;
  return {};
}

Result<bool> LogitLens::step(Session& session) {
  if (m_session != &session) {
    m_probe = TRY(compileLens(session, m_mostTokens));
    m_session = &session;
  }
  if (m_done == m_piece.tokens) {
    m_piece = TRY(m_replay.step(session));
    m_done = 0;
  } else if (!TRY(readAgain(session, std::span(tokens()).first(m_piece.first + m_piece.tokens)))) {
    TRY(readRow(session));
  }
  const bool more = !m_replay.done() || m_done < m_piece.tokens;
  if (!more) m_probe.reset();  // it must not outlive the session
  return more;
}

double LogitLens::progress() const {
  const double tokens = columns(), behind = m_piece.tokens - m_done;
  const double ofPiece = static_cast<double>(m_row) / m_rows * std::min<double>(behind, m_mostTokens);
  return std::max(0.0, m_replay.progress() - (behind - ofPiece) / tokens);
}

}  // namespace cutaway
