// "Why this word?": everything the inspector knows of one chosen token, asked in turn and told in one report.
#pragma once

#include "core/inspect/attribution.h"
#include "core/inspect/importance.h"
#include "core/inspect/lens.h"
#include "core/inspect/next_token.h"
#include "core/inspect/recall.h"
#include "core/inspect/report.h"
#include "core/inspect/sweep.h"

namespace cutaway {

class Why final : public Inquiry {
 public:
  /// `tokens`: the text up to where the word is predicted; two at least. `word`: the token that was chosen; -1: the most
  /// likely one. `against`: a token it is compared with; -1: the most likely other one.
  static Result<std::unique_ptr<Why>> create(const Model& model, std::vector<TokenId> tokens, TokenId word = -1,
                                             TokenId against = -1);

  std::uint32_t ownContext() const override;
  bool takes(const Edits& edits) const override { return reachEveryToken(edits); }
  double expectedSeconds(const Session& session) const override;
  Result<bool> step(Session& session) override;
  double progress() const override;

  TokenId word() const { return m_word; }
  TokenId against() const { return m_against; }
  const NextToken& next() const { return *m_next; }
  const LogitLens& lens() const { return *m_lens; }
  const Importance& importance() const { return *m_importance; }
  const Attribution& attribution() const { return *m_attribution; }
  const Sweep& ablation() const { return *m_ablation; }  ///< every head set to zero, one after another
  /// Attention of the predicting token in one head: weights of all tokens.
  std::span<const float> attention(std::uint32_t layer, std::uint32_t head) const;

  Report report() const;

 private:
  Why(const Model& model, std::vector<TokenId> tokens, TokenId word, TokenId against)
      : m_model(model),
        m_description(model.description),
        m_device(model.backend->device().name),
        m_tokens(std::move(tokens)),
        m_word(word),
        m_against(against) {}
  Result<void> askAboutWord();
  std::string text(TokenId token) const;
  std::string place(std::uint32_t token) const;
  ReportSection alternatives() const;
  ReportSection decision() const;
  ReportSection words() const;
  ReportSection pushes() const;
  ReportSection looks() const;
  ReportSection ablations() const;
  ReportSection making() const;

  std::optional<Model> m_model;  ///< until the parts are made: an answer must not keep weights on a device
  std::shared_ptr<const ModelDescription> m_description;
  std::string m_device;
  std::vector<TokenId> m_tokens;
  TokenId m_word, m_against;
  std::unique_ptr<NextToken> m_next;
  std::unique_ptr<LogitLens> m_lens;
  std::unique_ptr<Recall> m_patterns;
  std::unique_ptr<Attribution> m_attribution;
  std::unique_ptr<Importance> m_importance;
  std::unique_ptr<Sweep> m_ablation;
  std::vector<Inquiry*> m_parts;  ///< in the order in which they are asked
  std::size_t m_part = 0;
};

}  // namespace cutaway
