#include "core/inspect/recall.h"

#include <algorithm>

#include "core/graph/selection.h"

namespace cutaway {

Result<bool> readAgain(Session& session, std::span<const TokenId> tokens) {
  if (std::ranges::mismatch(session.tokens(), tokens).in2 == tokens.end()) return false;
  const std::uint32_t read = TRY(session.rewind(tokens));
  const auto left = static_cast<std::uint32_t>(tokens.size()) - read;
  TRY(session.step(tokens.subspan(read, std::min(left, session.chunkTokens(kSharedBudget))), {}));
  return true;
}

Result<std::unique_ptr<Recall>> Recall::ofNames(const Graph& graph, std::vector<TokenId> tokens,
                                                std::span<const std::string> names) {
  std::vector<ValueId> values;
  for (const std::string& name : names) {
    values.push_back(graph.find(name));
    if (values.back() == kNone)
      return fail(ErrorKind::badInput, "this model has no value ", name, "; the nearest names are ",
                  nearestNames(graph, name));
  }
  return std::make_unique<Recall>(std::move(tokens), values);
}

Result<bool> Recall::step(Session& session) {
  if (m_tokens.empty()) return fail(ErrorKind::usage, "there is no token to ask about");
  if (TRY(readAgain(session, m_tokens))) {
    m_read = std::min(static_cast<std::uint32_t>(session.tokens().size()),
                      static_cast<std::uint32_t>(m_tokens.size()));
    return true;
  }
  m_read = static_cast<std::uint32_t>(m_tokens.size());
  auto result = TRY(session.again(m_read - 1, {.taps = m_taps}));
  m_captures = std::move(result.captures);
  if (!result.rows.empty()) m_logits = std::move(result.rows.front());
  return false;
}

}  // namespace cutaway
