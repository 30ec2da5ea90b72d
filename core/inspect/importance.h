// Which earlier tokens a word depended on, by several methods, and how far they agree.
#pragma once

#include "core/inspect/attention_flow.h"
#include "core/inspect/rank_agreement.h"
#include "core/inspect/variants.h"

namespace cutaway {

enum class ImportanceMethod : std::uint8_t { rollout, movedNorm, leaveOneOut, spans };

struct ImportanceMethodInfo {
  ImportanceMethod method;
  const char* name;
  const char* meaning;
  bool occludes;  ///< reads changed texts: scores are nats of log-probability, and may be negative
};
std::span<const ImportanceMethodInfo> importanceMethods();  ///< in the order of ImportanceMethod

/// Methods of explaining disagree, so several are computed, each checked in two ways: whether its ranking
/// agrees with the others' more than a random one would, and whether leaving out its first few tokens costs
/// the word more than leaving out as many random ones.
class Importance final : public Inquiry {
 public:
  struct Question {
    TokenId word = -1;  ///< -1: the most likely one
    /// Put in the place of what is left out, token by token; -1: nothing, so that what follows moves forward,
    /// as when a user removes the word and asks again. A neutral token keeps positions, but no token is
    /// neutral to every model.
    TokenId replacement = -1;
    std::uint32_t spanTokens = 0;  ///< 0: an eighth of the text, 2 to 32
    bool leaveOneOut = true;       ///< costs half a reading of the text per token
    std::uint32_t draws = 16;      ///< of random tokens left out
    std::uint32_t seed = 1;
    bool batched = true;  ///< several changed texts in one step
  };
  /// `tokens`: the text up to where the word is predicted; two at least. Fails for a word outside the
  /// vocabulary and for spans as long as the text.
  static Result<std::unique_ptr<Importance>> create(const Model& model, std::vector<TokenId> tokens,
                                                    const Question& question);

  std::uint32_t ownContext() const override { return m_context; }
  /// What is left out moves what follows it to other positions.
  bool takes(const Edits& edits) const override { return m_question.replacement >= 0 || reachEveryToken(edits); }
  double expectedSeconds(const Session& session) const override;
  Result<bool> step(Session& session) override;
  double progress() const override;

  const std::vector<TokenId>& tokens() const { return m_tokens; }
  TokenId word() const { return m_question.word; }
  double logProbability() const { return m_logProbability; }  ///< of the word, nothing left out
  std::uint32_t spanTokens() const { return m_question.spanTokens; }

  struct Method {
    ImportanceMethod method;
    std::vector<double> scores;  ///< (T); how much the log-probability falls where the method occludes
    double topLoss = 0;  ///< fall of the log-probability when its `topTokens()` first tokens are left out
  };
  const std::vector<Method>& methods() const { return m_methods; }  ///< those that were asked for
  struct Agreement {
    double spearman = 0, kendall = 0;
  };
  /// Between two methods' rankings by size of score, whatever its sign; NaN where one says the same of all
  /// tokens.
  Agreement agreement(std::size_t a, std::size_t b) const;
  AgreementBand randomBand() const { return randomAgreement(m_tokens.size(), m_question.seed); }
  std::uint32_t topTokens() const { return m_topTokens; }
  const std::vector<double>& randomLosses() const { return m_randomLosses; }  ///< one per draw, ascending

 private:
  Importance(std::vector<TokenId> tokens, const Question& question, std::unique_ptr<AttentionFlow> flow);
  enum class Stage : std::uint8_t { flow, word, occlusion, top, done };
  Result<bool> askWord(Session& session);
  Variant without(std::uint32_t first, std::uint32_t count) const;
  Variant withoutAll(std::vector<std::uint32_t> left) const;
  void beginOcclusion();
  void endOcclusion();
  void beginTop();
  void endTop();
  double loss(const LogitRow& row) const;
  std::unique_ptr<Variants> variants(std::vector<Variant> variants) const;

  std::vector<TokenId> m_tokens;
  Question m_question;
  std::unique_ptr<AttentionFlow> m_flow;
  Stage m_stage = Stage::flow;
  std::unique_ptr<Variants> m_variants;
  std::vector<std::uint32_t> m_spans;  ///< where each begins
  std::uint32_t m_topTokens, m_context;
  double m_logProbability = 0;
  std::vector<Method> m_methods;
  std::vector<double> m_randomLosses;
};

}  // namespace cutaway
