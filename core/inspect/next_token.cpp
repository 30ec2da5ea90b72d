#include "core/inspect/next_token.h"

#include <algorithm>

#include "core/inspect/recall.h"

namespace cutaway {

Result<bool> NextToken::step(Session& session) {
  if (m_tokens.empty()) return fail(ErrorKind::usage, "there is no text that a token could follow");
  if (TRY(readAgain(session, m_tokens))) {
    m_read = static_cast<double>(session.tokens().size()) / static_cast<double>(m_tokens.size());
    return true;
  }
  auto result = TRY(session.again(static_cast<std::uint32_t>(m_tokens.size()) - 1, {.fullLogits = true}));
  m_row = std::move(result.rows.front());
  m_stages = samplerStages(m_settings, m_row, m_tokens);
  m_read = 1;
  return false;
}

float NextToken::logProbability(TokenId token) const { return m_row.logits.at(static_cast<std::size_t>(token)) - m_row.logSumExp; }

std::uint32_t NextToken::rank(TokenId token) const {
  const float logit = m_row.logits.at(static_cast<std::size_t>(token));
  return 1 + static_cast<std::uint32_t>(std::ranges::count_if(m_row.logits, [&](float other) { return other > logit; }));
}

}  // namespace cutaway
