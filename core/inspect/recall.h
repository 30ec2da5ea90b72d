// Inner values of a token that was computed before, also long ago: asked for when a view wants to see them.
#pragma once

#include "core/inspect/inquiry.h"

namespace cutaway {

/// Where the chat's session still holds the text, one step of one token is all, and the session is as it was; else the
/// text is read again first, in place of what the session held.
class Recall : public Inquiry {
 public:
  /// `tokens`: the recorded text up to the token that is asked about, which is its last one; at least one. `values`: of
  /// that token, each in the shape of a step with T = 1.
  Recall(std::vector<TokenId> tokens, std::span<const ValueId> values) : m_tokens(std::move(tokens)) {
    for (const ValueId value : values) m_taps.push_back({.value = value});
  }
  /// Already answered, with what was captured elsewhere.
  explicit Recall(std::vector<Capture> captures) : m_captures(std::move(captures)) {}
  /// Of values by name. Fails with the nearest names.
  static Result<std::unique_ptr<Recall>> ofNames(const Graph& graph, std::vector<TokenId> tokens,
                                                 std::span<const std::string> names);

  /// Fails with contextFull when the text does not fit.
  Result<bool> step(Session& session) override;
  double progress() const override { return m_read; }
  double expectedSeconds(const Session& session) const override;

  const std::vector<Capture>& captures() const { return m_captures; }  ///< one per value, in order

 private:
  std::vector<TokenId> m_tokens;
  std::vector<Tap> m_taps;
  double m_read = 0;
  std::vector<Capture> m_captures;
};

/// Reads the text into the chat's session, a chunk per call; false when the session holds all of it, with nothing done.
Result<bool> readAgain(Session& session, std::span<const TokenId> tokens);
/// Makes the session hold the text's first `count` tokens and nothing behind them, a chunk per call; false when it does,
/// with nothing read. The text has a token behind them.
Result<bool> readUpTo(Session& session, std::span<const TokenId> tokens, std::uint32_t count);
/// Seconds that reading what the session does not hold of the text is expected to take.
double readSeconds(const Session& session, std::span<const TokenId> tokens);
/// Taps of `count` tokens of the text from `first` on. Where the session holds them it stays as it was, as they run on a
/// branch; where it does not, or has no room for a branch, they are read in their place. None when the session had lost
/// what stands before them and a chunk of that was read instead. Fails with contextFull when the text does not fit.
Result<std::optional<StepResult>> runAgain(Session& session, std::span<const TokenId> tokens, std::uint32_t first,
                                           std::uint32_t count, std::span<const Tap> taps);
/// How much of the text the session holds, 0 to 1, while it is read again.
double readShare(const Session& session, std::span<const TokenId> tokens);

/// What follows the text's last token, and its taps. None when a chunk of the text was read again instead, because
/// the session had lost it. Fails for a text without tokens.
Result<std::optional<StepResult>> askLastToken(Session& session, std::span<const TokenId> tokens,
                                               const Session::Wanted& wanted);

}  // namespace cutaway
