#include "core/eval/score.h"

#include <algorithm>
#include <cmath>

namespace cutaway {
namespace {

/// The `count` highest of a whole row; equal logits in order of token.
std::vector<TokenLogit> highest(const std::vector<float>& logits, std::size_t count) {
  std::vector<TokenLogit> all(logits.size());
  for (std::size_t t = 0; t < logits.size(); ++t) all[t] = {static_cast<TokenId>(t), logits[t]};
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(std::min(count, all.size()));
  std::partial_sort(all.begin(), middle, all.end(), [](const TokenLogit& a, const TokenLogit& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
  });
  all.erase(middle, all.end());
  return all;
}

}  // namespace

Scoring::Scoring(Session& session, std::vector<TokenId> tokens, std::uint32_t top)
    : m_reader(session, std::move(tokens), {.fullLogits = top > kTopLogits}), m_top(top) {}

Result<bool> Scoring::step() {
  if (m_reader.tokens().empty())
    return fail(ErrorKind::badInput, "the text is empty: there is nothing to score");
  return m_reader.step(
      [&](std::size_t token, const LogitRow& row) { m_positions.push_back(score(token, row)); });
}

PositionScore Scoring::score(std::size_t token, const LogitRow& row) const {
  PositionScore out;
  out.entropy = row.entropy;
  if (token + 1 < m_reader.tokens().size()) out.nextLogprob = double{row.targetLogit} - row.logSumExp;
  const auto all = row.logits.empty() ? row.top : highest(row.logits, m_top);
  for (const TokenLogit& logit : std::span(all).first(std::min<std::size_t>(m_top, all.size())))
    out.top.push_back({logit.token, std::exp(logit.logit - row.logSumExp)});
  return out;
}

double Scoring::perplexity() const {
  double sum = 0, count = 0;
  for (const PositionScore& position : m_positions) {
    if (!position.nextLogprob) continue;
    sum -= *position.nextLogprob;
    ++count;
  }
  return std::exp(sum / count);
}

}  // namespace cutaway
