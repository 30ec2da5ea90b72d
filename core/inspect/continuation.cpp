#include "core/inspect/continuation.h"

#include <algorithm>

#include "core/inspect/recall.h"

namespace cutaway {

Result<std::unique_ptr<Continuation>> Continuation::create(std::vector<TokenId> text,
                                                           std::uint32_t maxTokens) {
  if (text.empty()) return fail(ErrorKind::badInput, "nothing is left of the text; keep at least one token");
  return std::unique_ptr<Continuation>(new Continuation(std::move(text), maxTokens));
}

Continuation::Continuation(std::vector<TokenId> text, std::uint32_t maxTokens)
    : m_tokens(std::move(text)), m_given(m_tokens.size()), m_maxTokens(maxTokens) {}

std::uint32_t Continuation::ownContext() const {
  return static_cast<std::uint32_t>(m_given) + m_maxTokens + 2 * kPageCells;
}

std::vector<TokenId> Continuation::written() const {
  return {m_tokens.begin() + static_cast<std::ptrdiff_t>(m_given), m_tokens.end()};
}

/// Nothing is relied on that an earlier step left in the session, at the price of the last token being run
/// twice.
Result<bool> Continuation::step(Session& session) {
  if (m_done) return false;
  TRY(session.setEdits(std::make_shared<const Edits>()));
  const auto result = TRY(askLastToken(session, m_tokens, {}));
  if (!result) return true;
  m_tokens.push_back(result->rows.front().top.front().token);
  m_done = session.tokenizer().endsGeneration(m_tokens.back()) || m_tokens.size() - m_given >= m_maxTokens;
  if (m_done) m_string = session.tokenizer().decode(written());
  return !m_done;
}

double Continuation::progress() const {
  if (m_done) return 1;
  return static_cast<double>(m_tokens.size() - m_given) / std::max(m_maxTokens, 1u);
}

}  // namespace cutaway
