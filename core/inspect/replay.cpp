#include "core/inspect/replay.h"

#include <algorithm>

#include "core/graph/layout.h"
#include "core/inspect/recall.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kStepBytes = std::uint64_t{64} << 20;  ///< of the captures of one step

}  // namespace

Replay::Replay(const Graph& graph, std::vector<TokenId> tokens, std::span<const ValueId> values, std::uint32_t first)
    : m_tokens(std::move(tokens)), m_first(first), m_done(first) {
  std::uint64_t bytes = 1;
  for (const ValueId value : values) {
    m_taps.push_back({.value = value});
    bytes += std::uint64_t{layoutOf(graph, value).rowElements()} * sizeof(float);
  }
  m_tokensThatFit = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(kStepBytes / bytes, 1, UINT32_MAX));
}

std::uint32_t Replay::nextCount(Session& session) const {
  const auto left = static_cast<std::uint32_t>(m_tokens.size()) - m_done;
  return std::min({left, session.chunkTokens(kSharedBudget), m_tokensThatFit});
}

Replay::Piece Replay::piece(StepResult result, std::uint32_t count) {
  const std::uint32_t first = m_done;
  m_done += count;
  return {first, count, std::move(result.captures)};
}

Result<Replay::Piece> Replay::step(Session& session) {
  if (m_tokens.empty()) return fail(ErrorKind::usage, "there are no tokens to ask about");
  const std::uint32_t count = nextCount(session);
  auto result = TRY(runAgain(session, m_tokens, m_done, count, m_taps));
  if (!result) return Piece{};
  return piece(std::move(*result), count);
}

double Replay::progress() const {
  const auto all = static_cast<double>(m_tokens.size() - m_first);
  return all > 0 ? (m_done - m_first) / all : 1;
}

}  // namespace cutaway
