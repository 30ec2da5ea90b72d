#include "core/inspect/next_token.h"

#include <algorithm>

#include "core/inspect/recall.h"

namespace cutaway {

double NextToken::expectedSeconds(const Session& session) const { return readSeconds(session, m_tokens); }

Result<bool> NextToken::step(Session& session) {
  if (m_tokens.empty()) return fail(ErrorKind::usage, "there is no text that a token could follow");
  auto result = TRY(askLastToken(session, m_tokens, {.fullLogits = true}));
  m_read = readShare(session, m_tokens);
  if (!result) return true;
  m_row = std::move(result->rows.front());
  m_stages = samplerStages(m_settings, m_row, m_tokens);
  return false;
}

float NextToken::logProbability(TokenId token) const { return m_row.logits.at(static_cast<std::size_t>(token)) - m_row.logSumExp; }

std::uint32_t NextToken::rank(TokenId token) const {
  const float logit = m_row.logits.at(static_cast<std::size_t>(token));
  return 1 + static_cast<std::uint32_t>(std::ranges::count_if(m_row.logits, [&](float other) { return other > logit; }));
}

}  // namespace cutaway
