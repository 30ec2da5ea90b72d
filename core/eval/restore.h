// What each tensor, layer or class of a coarse precision costs, measured by giving it back; and the mix that a
// size budget is best spent on.
#pragma once

#include <optional>

#include "core/eval/mix_meter.h"

namespace cutaway {

struct RestoredPart {
  RestorePart part;
  double kl = 0;    ///< mean KL(A || B) with this part alone taken from A, nats
  double gain = 0;  ///< what that is less than B's own; may be negative
  double gainPerMib() const;  ///< of a file's growth; infinite where it does not grow
};

/// A job of short steps: every part restored in turn, alone.
class RestoreRanking {
 public:
  /// `meter`: prepared; its base must be B.
  RestoreRanking(MixMeter& meter, std::vector<RestorePart> parts);

  Result<bool> step();
  double progress() const;
  double klOfB() const { return m_klOfB; }
  const std::vector<RestoredPart>& parts() const { return m_parts; }  ///< measured so far, as they were given
  std::vector<RestoredPart> ranked() const;                           ///< the most gain per MiB first

 private:
  MixMeter* m_meter;
  std::vector<RestorePart> m_left;
  std::vector<RestoredPart> m_parts;
  double m_klOfB;
  bool m_running = false;
};

/// KL of any mix, predicted from two measurements of each tensor: what restoring it alone gains from B, and what
/// taking it alone from B costs A. Errors of small changes add up and meet in pairs (the second order of KL), so that
/// the two differ by half of what a tensor's error shares with all others; a mix has the part of it that the others left
/// in B have. At B itself the prediction is B's measured KL. A mix that was chosen for its prediction is one whose
/// prediction errs downwards: mixes that were measured correct the predictions near theirs.
class MixPrediction {
 public:
  struct Tensor {
    WeightId weight = kNone;
    std::int64_t bytes = 0;         ///< that restoring it adds
    double gain = 0, damage = 0;    ///< nats
  };
  MixPrediction(std::vector<Tensor> tensors, double klOfB);

  double of(const Mix& mix) const;
  void correct(const Mix& mix, double measuredKl);
  /// Of all mixes whose tensors add at most `bytes` to B, one of the least predicted KL: knapsacks by several values of
  /// each tensor, of which the best counts. `all`: B's own mix.
  Mix bestWithin(std::int64_t bytes, const Mix& all) const;

 private:
  double inPairs(const Mix& mix) const;
  double uncorrected(const Mix& mix) const;
  Mix knapsack(std::int64_t bytes, const Mix& all, double towardsGain) const;

  std::vector<Tensor> m_tensors;
  double m_klOfB, m_whole;  ///< measured, and as it would be predicted in pairs
  struct Correction {
    double logKl, factor;  ///< of an uncorrected prediction; what to multiply it by
  };
  std::vector<Correction> m_corrections;  ///< by rising KL
};

struct MixProposal {
  Mix mix;
  std::uint64_t bytes = 0;  ///< of the tensors in the file
  double predictedKl = 0;
  std::optional<DivergenceStatistics> measured;
};

/// A job of short steps: measures gains and damages of all tensors and some mixes between B and A; then any number of
/// budgets.
class RestoreSolver {
 public:
  explicit RestoreSolver(MixMeter& meter);  ///< prepared; its base must be B

  Result<bool> step();
  double progress() const;
  double klOfB() const { return m_gains.klOfB(); }
  const RestoreRanking& gains() const { return m_gains; }

  /// After the last step. `bytes`: of all tensors of the file. Fails below what B takes.
  Result<MixProposal> propose(std::uint64_t bytes) const;
  /// Runs it. The meter's base stays A.
  Result<void> measure(MixProposal& proposal);

 private:
  enum class Stage : std::uint8_t { gains, base, damages, mixes, done };
  Result<void> begin();
  void take();
  const RestorePart& tensor(std::size_t index) const { return m_meter->pair().tensors()[index]; }
  MixPrediction prediction() const;

  MixMeter* m_meter;
  RestoreRanking m_gains;
  Stage m_stage = Stage::gains;
  bool m_running = false;
  std::vector<double> m_damages;
  Mix m_mix;  ///< that is measured
  std::size_t m_mixes = 0;
  std::optional<MixPrediction> m_prediction;
};

/// Writes a mix as a GGUF file: B's metadata, and each tensor as it stands in A's or B's file.
Result<void> writeMix(const PrecisionPair& pair, const Mix& mix, const std::string& path);

}  // namespace cutaway
