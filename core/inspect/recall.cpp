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

Result<bool> readUpTo(Session& session, std::span<const TokenId> tokens, std::uint32_t count) {
  if (std::ranges::equal(session.tokens(), tokens.first(count))) return false;
  const std::uint32_t kept = TRY(session.rewind(tokens.first(count + 1)));
  if (kept == count) return false;
  const std::uint32_t some = std::min(count - kept, session.chunkTokens(kSharedBudget));
  TRY(session.step(tokens.subspan(kept, some), {}));
  return true;
}

double readSeconds(const Session& session, std::span<const TokenId> tokens) {
  const auto missing = tokens.end() - std::ranges::mismatch(session.tokens(), tokens).in2;
  return session.secondsFor(static_cast<std::uint64_t>(missing) + 1);
}

Result<std::optional<StepResult>> runAgain(Session& session, std::span<const TokenId> tokens, std::uint32_t first,
                                           std::uint32_t count, std::span<const Tap> taps) {
  const auto held = std::ranges::mismatch(session.tokens(), tokens).in1 - session.tokens().begin();
  if (static_cast<std::size_t>(held) >= std::size_t{first} + count) {
    auto result = session.again(first, {.taps = taps}, count);
    if (result) return std::move(*result);
    if (result.error().kind != ErrorKind::contextFull) return std::unexpected(std::move(result).error());
  }
  TRY(session.rewind(tokens));  // says so at once when the text is too long
  if (TRY(readUpTo(session, tokens, first))) return std::nullopt;
  return TRY(session.step(tokens.subspan(first, count), {.taps = taps}));
}

double readShare(const Session& session, std::span<const TokenId> tokens) {
  return std::min(1.0, static_cast<double>(session.tokens().size()) / static_cast<double>(tokens.size()));
}

Result<std::optional<StepResult>> askLastToken(Session& session, std::span<const TokenId> tokens,
                                               const Session::Wanted& wanted) {
  if (tokens.empty()) return fail(ErrorKind::usage, "there is no token to ask about");
  if (TRY(readAgain(session, tokens))) return std::nullopt;
  return TRY(session.again(static_cast<std::uint32_t>(tokens.size()) - 1, wanted));
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

double Recall::expectedSeconds(const Session& session) const { return readSeconds(session, m_tokens); }

Result<bool> Recall::step(Session& session) {
  auto result = TRY(askLastToken(session, m_tokens, {.taps = m_taps}));
  m_read = readShare(session, m_tokens);
  if (!result) return true;
  m_captures = std::move(result->captures);
  return false;
}

}  // namespace cutaway
