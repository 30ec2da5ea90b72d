// Inner values of all tokens of a recorded text, computed once more piece by piece: what inquiries are made of.
#pragma once

#include "core/run/session.h"

namespace cutaway {

/// Where the session still holds the text, each piece runs on a branch, and the session stays as it was, bit by bit.
/// Where it holds another text, or has no room for a branch, the text is read in its place. Other users of the session
/// may come between two steps.
class Replay {
 public:
  /// `values`: of `graph`, without those that look back (patterns, scores) or belong to tokens whose logits are wanted.
  /// Those of the tokens from `first` on are given.
  Replay(const Graph& graph, std::vector<TokenId> tokens, std::span<const ValueId> values, std::uint32_t first = 0);

  struct Piece {
    std::uint32_t first = 0, tokens = 0;  ///< none when a step only read what the session had lost
    std::vector<Capture> captures;        ///< one per value, over these tokens
  };
  /// The next piece, in the order of the text. Fails with contextFull when the text does not fit the session.
  Result<Piece> step(Session& session);

  double expectedSeconds(const Session& session) const { return session.secondsFor(m_tokens.size() - m_first); }
  bool done() const { return m_done == m_tokens.size(); }
  double progress() const;
  const std::vector<TokenId>& tokens() const { return m_tokens; }

 private:
  std::uint32_t nextCount(Session& session) const;
  Piece piece(StepResult result, std::uint32_t count);

  std::vector<TokenId> m_tokens;
  std::vector<Tap> m_taps;
  std::uint32_t m_tokensThatFit;  ///< in one step's captures
  std::uint32_t m_first, m_done;
};

}  // namespace cutaway
