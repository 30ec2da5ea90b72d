// Inner values of a token that was computed before, also long ago: asked for when a view wants to see them.
#pragma once

#include "core/run/session.h"

namespace cutaway {

/// A job of short steps. Where the session still holds the text, one step of one token is all, and the session is as it
/// was; else the text is read again first, in place of what the session held. Other users of the session may come
/// between two steps; it starts over from what they left.
class Recall {
 public:
  /// `tokens`: the recorded text up to the token that is asked about, which is its last one; at least one. `values`: of
  /// that token, each in the shape of a step with T = 1.
  Recall(std::vector<TokenId> tokens, std::span<const ValueId> values) : m_tokens(std::move(tokens)) {
    for (const ValueId value : values) m_taps.push_back({.value = value});
  }

  /// Reads one chunk, or takes the values; false when they are there. Fails with contextFull when the text does not fit.
  Result<bool> step(Session& session);

  std::uint32_t read() const { return m_read; }  ///< tokens of the text that the session held after the last step
  const std::vector<TokenId>& tokens() const { return m_tokens; }
  const std::vector<Capture>& captures() const { return m_captures; }

 private:
  std::vector<TokenId> m_tokens;
  std::vector<Tap> m_taps;
  std::uint32_t m_read = 0;
  std::vector<Capture> m_captures;
};

}  // namespace cutaway
