// What one edit after another does to a token: every value at every position, or every head of every layer.
#pragma once

#include "core/inspect/replay.h"
#include "core/inspect/variants.h"

namespace cutaway {

enum class SweepPart : std::uint8_t { residual, attention, feedForward, heads };
enum class SweepChange : std::uint8_t { zero, mean, patch };

struct SweepPartInfo {
  SweepPart part;
  const char* name;  ///< on the command line
  const char* meaning;
};
struct SweepChangeInfo {
  SweepChange change;
  const char* name;
  const char* meaning;
};
std::span<const SweepPartInfo> sweepParts();      ///< in the order of SweepPart
std::span<const SweepChangeInfo> sweepChanges();  ///< in the order of SweepChange

/// Rows are values, from the first layer on; columns are positions of the text, or heads, which are edited at
/// all the chosen positions. What lies before an edited position is read once for all. Ablation sets a value
/// to zero or to its mean over the text; patching puts in what another text of the same length has there
/// (Meng et al. 2022; Wang et al. 2022 for heads).
class Sweep final : public Inquiry {
 public:
  struct Question {
    SweepPart part = SweepPart::residual;
    SweepChange change = SweepChange::zero;
    TokenId token =
        -1;  ///< whose log-probability is watched; -1: the most likely one, of the clean text if there is one
    TokenId against = -1;             ///< its lead over this token's is watched instead; -1: none
    IndexRange tokens;                ///< positions that are edited
    std::vector<TokenId> clean = {};  ///< the other text, to patch from
    bool batched = true;              ///< several edits in one step
  };
  /// Fails when the model has no such values, the chosen positions are not in the text, or the other text is
  /// of another length.
  static Result<std::unique_ptr<Sweep>> create(const Model& model, std::vector<TokenId> tokens,
                                               const Question& question);

  std::uint32_t ownContext() const override { return Variants::context(m_tokens.size()); }
  /// Positions stay what they are, but another text need not mean by them what this one does.
  bool takes(const Edits& edits) const override { return m_question.clean.empty() || reachEveryToken(edits); }
  double expectedSeconds(const Session& session) const override;
  Result<bool> step(Session& session) override;
  double progress() const override;

  const Question& question() const { return m_question; }  ///< with the token that was watched
  const std::vector<TokenId>& tokens() const { return m_tokens; }
  const std::vector<ValueId>& values() const { return m_values; }  ///< one per row
  std::uint32_t columns() const { return m_columns; }
  std::uint32_t firstColumn() const;  ///< the position of the first column; 0 for heads
  /// (rows, columns): the watched quantity with the edit, less base().
  const std::vector<double>& effects() const { return m_effects; }
  double base() const { return m_base; }    ///< of the text as it is: log-probability, or the lead, in nats
  double clean() const { return m_clean; }  ///< of the other text; NaN without one

 private:
  Sweep(std::shared_ptr<const ModelDescription> model, std::vector<TokenId> tokens, const Question& question,
        std::vector<ValueId> values);
  Result<bool> askBases(Session& session);
  Result<bool> capture(Session& session);
  std::vector<Variant> variants() const;
  Edit editOf(std::uint32_t column) const;
  std::vector<float> meanOf(const Edit& edit) const;
  double measure(const LogitRow& row) const;
  std::size_t rowsAtOnce() const;

  std::shared_ptr<const ModelDescription> m_model;
  std::vector<TokenId> m_tokens;
  Question m_question;
  std::vector<ValueId> m_values;
  std::uint32_t m_columns;
  std::vector<double> m_effects;
  double m_base, m_clean;
  std::size_t m_captured = 0;        ///< rows whose values were captured, where they are needed
  std::unique_ptr<Replay> m_replay;  ///< capturing the next rows
  std::vector<std::vector<float>>
      m_held;  ///< of the captured rows, (T, entries) each; in front of them, empty ones
  std::unique_ptr<Variants> m_variants;  ///< of row m_effects.size() / m_columns
};

}  // namespace cutaway
