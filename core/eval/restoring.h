// Questions about giving parts of a coarse precision back, as a window asks them one after the other of one text.
#pragma once

#include "core/eval/restore.h"
#include "core/inspect/pair_inquiry.h"

namespace cutaway {

/// The first model is the finer one. What was read of the text is kept for the next question about the same text.
class Restoring final : public PairInquiry {
 public:
  enum class Parts : std::uint8_t { none, classes, layers, tensors };

  struct Question {
    Parts ranked = Parts::none;         ///< each of them is measured, restored alone
    std::vector<std::string> restored;  ///< names of parts that are measured together; none: the second model itself
    std::uint64_t budget = 0;           ///< bytes of all tensors: the best mix within is found and measured; 0: none
    std::string path;                   ///< the measured mix is written there as GGUF; empty: nowhere
  };

  /// `kept`: what such a question left, or null. Fails as PrecisionPair and MixMeter do, and for unknown parts.
  static Result<std::unique_ptr<PairInquiry>> create(std::shared_ptr<const Model> first, std::shared_ptr<const Model> second,
                                                     std::vector<TokenId> tokens, Question question,
                                                     const std::shared_ptr<void>& kept);
  ~Restoring() override;

  Result<bool> step(Session& first, Session& second) override;
  double progress() const override;
  std::shared_ptr<void> takeKept() override;

  const Question& question() const { return m_question; }
  std::uint64_t tokens() const { return m_tokens; }  ///< of the text
  std::uint64_t bytesOfFirst() const { return m_bytesOfFirst; }
  std::uint64_t bytesOfSecond() const { return m_bytesOfSecond; }
  double klOfSecond() const { return m_klOfSecond; }               ///< mean, nats
  const std::vector<RestoredPart>& ranked() const { return m_ranked; }  ///< the most gain per MiB first

  struct Measured {
    std::vector<std::string> tensors;   ///< that are the first model's
    std::uint64_t bytes = 0;            ///< of all tensors
    std::optional<double> predictedKl;  ///< of a proposal
    DivergenceStatistics statistics;
  };
  const Measured& measured() const { return m_measured; }

 private:
  struct Work;
  enum class Stage : std::uint8_t { reading, ranking, solving, returning, measuring, writing, done };
  Restoring(std::shared_ptr<Work> work, Question question);
  Result<bool> next();
  Result<void> propose();

  std::shared_ptr<Work> m_work;  ///< until it is kept
  Question m_question;
  Stage m_stage = Stage::reading;
  Mix m_mix;
  std::optional<RestoreRanking> m_ranking;
  bool m_returns = false;  ///< the meter's base is to be the second model again
  std::uint64_t m_tokens = 0, m_bytesOfFirst = 0, m_bytesOfSecond = 0;
  double m_klOfSecond = 0;
  std::vector<RestoredPart> m_ranked;
  Measured m_measured;
};

}  // namespace cutaway
