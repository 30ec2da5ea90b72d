// An answer with edits beside the same answer without: token by token on the same words, and written anew.
#pragma once

#include "core/inspect/variants.h"
#include "core/run/sampler.h"

namespace cutaway {

/// In lockstep the edited model reads the original answer, and each token tells how far its prediction is
/// from the original's; freely it writes its own answer, which parts from the original at the first
/// difference. All of it runs in branches of one cache, three tokens a step.
class EditedAnswer final : public Inquiry {
 public:
  struct Question {
    std::vector<TokenId> answer;  ///< as it was written; empty: it is written anew, without edits
    std::shared_ptr<const Edits> edits;
    std::uint32_t maxTokens = 64;  ///< of answers that are written
    bool ignoreEnd = false;
    SamplerSettings sampler{.temperature = 0};  ///< the same seed for both answers
  };
  /// Fails when the prompt is empty or an edit does not fit the model.
  static Result<std::unique_ptr<EditedAnswer>> create(const Model& model, std::vector<TokenId> prompt,
                                                      const Question& question);

  std::uint32_t ownContext() const override;
  bool comparesEdits() const override { return true; }
  double expectedSeconds(const Session& session) const override {
    return session.secondsFor(2 * m_prompt.size()) + m_question.maxTokens * session.secondsFor(3);
  }
  Result<bool> step(Session& session) override;
  double progress() const override;

  /// One token of the original answer, under both models.
  struct Token {
    TokenId token = -1;
    double divergence = 0;  ///< KL(original || edited) over the vocabulary, nats
    double logProbability = 0, editedLogProbability = 0;  ///< of the token
    TokenId editedTop = -1;                               ///< what the edited model would most likely say
  };
  const std::vector<TokenId>& prompt() const { return m_prompt; }
  const std::vector<Token>& original() const { return m_original; }
  const std::vector<TokenId>& edited() const { return m_edited; }  ///< written freely, the end token included
  /// Index of the first token in which the two answers differ; none when one is the other's beginning.
  std::optional<std::size_t> firstDifference() const;
  double meanDivergence() const;

 private:
  EditedAnswer(std::vector<TokenId> prompt, const Question& question, std::uint32_t firstEdited);
  Result<bool> readPrompt(Session& session);
  void startOver();
  Result<void> writeToken();
  bool originalEnds() const;
  bool editedEnds() const;

  std::vector<TokenId> m_prompt;
  Question m_question;
  const Tokenizer* m_tokenizer = nullptr;  ///< of the session's model
  std::uint32_t m_firstEdited;             ///< position of the first token that an edit reaches
  std::unique_ptr<Branches> m_branches;
  std::optional<Branches::Id> m_plain, m_lockstep, m_free;
  std::uint32_t m_read = 0;  ///< tokens of the prompt in the edited branch
  Sampler m_plainSampler, m_freeSampler;
  std::vector<Token> m_original;
  std::vector<TokenId> m_plainHistory, m_freeHistory;
  std::vector<TokenId> m_edited;
  bool m_done = false;
};

}  // namespace cutaway
