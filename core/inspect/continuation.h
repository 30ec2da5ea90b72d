// What the model would write behind a text that nobody recorded: a prompt with words taken out, say.
#pragma once

#include "core/inspect/inquiry.h"

namespace cutaway {

/// The most likely token each time, without edits of its own, until an end token or `maxTokens`.
class Continuation final : public Inquiry {
 public:
  /// Fails for an empty text.
  static Result<std::unique_ptr<Continuation>> create(std::vector<TokenId> text, std::uint32_t maxTokens);

  std::uint32_t ownContext() const override;
  bool takes(const Edits& edits) const override { return reachEveryToken(edits); }
  double expectedSeconds(const Session& session) const override {
    return session.secondsFor(m_given) + m_maxTokens * session.secondsFor(1);
  }
  Result<bool> step(Session& session) override;
  double progress() const override;

  std::vector<TokenId> written() const;                 ///< the end token included
  const std::string& text() const { return m_string; }  ///< of what was written, without control tokens

 private:
  Continuation(std::vector<TokenId> text, std::uint32_t maxTokens);

  std::vector<TokenId> m_tokens;  ///< the text, and what was written
  std::size_t m_given;
  std::uint32_t m_maxTokens;
  std::string m_string;
  bool m_done = false;
};

}  // namespace cutaway
