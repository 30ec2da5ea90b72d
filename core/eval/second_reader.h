// A second model reads what a first one writes, behind it, and tells at each token how far the two are apart.
#pragma once

#include <deque>

#include "core/eval/divergence.h"
#include "core/run/session.h"

namespace cutaway {

/// Both models have the same tokens. Rows of the first model are kept until the second one has read as far.
class SecondReader {
 public:
  /// `prompt`: what stands before the first token; at least one. The session must outlive it; others may use it between
  /// two steps.
  SecondReader(Session& session, std::vector<TokenId> prompt);

  /// The first model chose the token from this row, which has all its logits.
  void add(TokenId token, LogitRow row);
  /// Tokens that were added and not read yet.
  std::size_t waiting() const { return m_rows.size(); }

  /// One token of the text under the second model.
  struct Reading {
    TokenId token = -1;
    Divergence difference;  ///< of the second model from the first
    LogitRow row;           ///< that the second one would have chosen from; without all its logits
  };
  /// Reads a chunk of the prompt, or at most so many tokens in one step. False when there is nothing to read.
  Result<bool> step(std::uint32_t most);
  /// Those since the last call.
  std::vector<Reading> take() { return std::exchange(m_readings, {}); }

 private:
  Session& m_session;
  std::vector<TokenId> m_text;  ///< the prompt, and what was added
  std::size_t m_next;           ///< token of the text that is compared next
  std::deque<LogitRow> m_rows;  ///< of the first model, from that one on
  std::vector<Reading> m_readings;
};

}  // namespace cutaway
