#include "core/eval/second_reader.h"

#include <algorithm>

#include "core/inspect/recall.h"

namespace cutaway {

SecondReader::SecondReader(Session& session, std::vector<TokenId> prompt)
    : m_session(session), m_text(std::move(prompt)), m_next(m_text.size()) {}

void SecondReader::add(TokenId token, LogitRow row) {
  m_text.push_back(token);
  m_rows.push_back(std::move(row));
}

Result<bool> SecondReader::step(std::uint32_t most) {
  if (m_next == 0) return fail(ErrorKind::usage, "there is no text before the first token to compare");
  // The row that predicts a token is that of the token before it.
  const auto before = static_cast<std::uint32_t>(m_next - 1);
  if (TRY(readUpTo(m_session, m_text, before))) return true;
  const auto count = static_cast<std::uint32_t>(
      std::min<std::size_t>({m_rows.size(), most, m_session.chunkTokens(kSharedBudget)}));
  if (count == 0) return false;
  StepResult result = TRY(
      m_session.step(std::span(m_text).subspan(before, count), {.lastOnly = false, .fullLogits = true}));
  for (LogitRow& row : result.rows) {
    const TokenId token = m_text[m_next++];
    const Divergence difference = divergenceOf(m_rows.front().logits, row.logits, token);
    m_rows.pop_front();
    row.logits = {};
    m_readings.push_back({token, difference, std::move(row)});
  }
  return true;
}

}  // namespace cutaway
