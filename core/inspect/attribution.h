// Which parts of a model pushed a token's logit, at one place of a text: direct logit attribution.
#pragma once

#include "core/inspect/inquiry.h"
#include "core/inspect/residual_terms.h"

namespace cutaway {

/// The residual stream is a sum, and behind the last norm, held at the scale that it had, the logit is linear
/// in it: every block's share is its output times the token's row of the output matrix; a head's is that of
/// its z through its columns of the output projection (Elhage et al. 2021). Against a second token, the
/// difference of the two rows.
class Attribution final : public Inquiry {
 public:
  struct Question {
    TokenId token = -1;    ///< whose logit; -1: the most likely one
    TokenId against = -1;  ///< -1: none
  };
  /// `tokens`: the text up to the place that predicts; at least one. Fails when the model's logits are no
  /// such sum or a token is not in the vocabulary.
  static Result<std::unique_ptr<Attribution>> create(const Model& model, std::vector<TokenId> tokens,
                                                     const Question& question);

  double expectedSeconds(const Session& session) const override;
  Result<bool> step(Session& session) override;
  double progress() const override;

  struct Part {
    ResidualTerm term;
    double push = 0;            ///< of the whole term, its bias included
    std::vector<double> heads;  ///< (H) where the term has heads
    double bias = 0;            ///< of the projection behind the heads; heads and bias add up to push
  };
  const std::vector<TokenId>& tokens() const { return m_tokens; }
  TokenId token() const { return m_question.token; }
  TokenId against() const { return m_question.against; }
  const std::vector<Part>& parts() const { return m_parts; }  ///< embedding first, then layer by layer
  double outputBias() const { return m_outputBias; }
  double logit() const { return m_logit; }  ///< that the run gave: of the token, or the difference
  double sum() const;                       ///< of all parts and the output's bias
  /// What the parts do not explain: rounding, and edits of the residual stream itself.
  double remainder() const { return m_logit - sum(); }

 private:
  Attribution(std::shared_ptr<const ModelDescription> model, std::vector<TokenId> tokens,
              const Question& question, ResidualSum sum);
  std::span<const float> captured(ValueId value) const;
  void aim(const LogitRow& row);
  void measure(const ResidualTerm& term);

  std::shared_ptr<const ModelDescription> m_model;
  Question m_question;
  ResidualSum m_sum;
  std::vector<TokenId> m_tokens;
  std::vector<ValueId> m_values;
  std::vector<Capture> m_captures;  ///< one per value
  double m_read = 0;                ///< of the text, 0 to 1
  std::vector<double> m_direction;  ///< (D) of the residual stream; empty until its values are there
  std::vector<Part> m_parts;
  double m_outputBias = 0, m_logit = 0;
};

}  // namespace cutaway
