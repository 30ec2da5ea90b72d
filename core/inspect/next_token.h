// The whole distribution of the token that follows a text, before and after every stage of the sampler.
#pragma once

#include "core/inspect/inquiry.h"
#include "core/run/sampler.h"

namespace cutaway {

class NextToken : public Inquiry {
 public:
  /// `tokens`: at least one.
  NextToken(std::vector<TokenId> tokens, const SamplerSettings& settings)
      : m_tokens(std::move(tokens)), m_settings(settings) {}

  double expectedSeconds(const Session& session) const override;
  Result<bool> step(Session& session) override;
  double progress() const override { return m_read; }

  const LogitRow& row() const { return m_row; }  ///< with all logits
  const std::vector<SamplerStage>& stages() const { return m_stages; }
  float logProbability(TokenId token) const;  ///< of any token, by the model
  std::uint32_t rank(TokenId token) const;    ///< from 1: tokens that the model holds more likely, plus one

 private:
  std::vector<TokenId> m_tokens;
  SamplerSettings m_settings;
  LogitRow m_row;
  std::vector<SamplerStage> m_stages;
  double m_read = 0;
};

}  // namespace cutaway
