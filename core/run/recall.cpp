#include "core/run/recall.h"

#include <algorithm>

namespace cutaway {

Result<bool> Recall::step(Session& session) {
  if (m_tokens.empty()) return fail(ErrorKind::usage, "there is no token to ask about");
  const std::vector<TokenId>& held = session.tokens();
  const auto same = std::ranges::mismatch(held, m_tokens).in2;
  if (same == m_tokens.end()) {
    m_read = static_cast<std::uint32_t>(m_tokens.size());
    auto result = TRY(session.again(m_read - 1, {.taps = m_taps}));
    m_captures = std::move(result.captures);
    return false;
  }
  m_read = TRY(session.rewind(m_tokens));
  const auto left = static_cast<std::uint32_t>(m_tokens.size()) - m_read;
  const std::uint32_t count = std::min(left, session.chunkTokens(kSharedBudget));
  TRY(session.step(std::span(m_tokens).subspan(m_read, count), {}));
  m_read += count;
  return true;
}

}  // namespace cutaway
