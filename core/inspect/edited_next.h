// The token that follows a text, without edits and with them: what a slider shows while it is moved.
#pragma once

#include "core/inspect/variants.h"

namespace cutaway {

class EditedNext final : public Inquiry {
 public:
  /// Fails when the text is empty or an edit does not fit the model.
  static Result<std::unique_ptr<EditedNext>> create(const Model& model, std::vector<TokenId> tokens,
                                                    std::shared_ptr<const Edits> edits);

  std::uint32_t ownContext() const override { return Variants::context(m_variants.text().size()); }
  bool comparesEdits() const override { return true; }
  double expectedSeconds(const Session& session) const override { return m_variants.expectedSeconds(session); }
  Result<bool> step(Session& session) override { return m_variants.step(session); }
  double progress() const override { return m_variants.progress(); }

  /// Of what follows, with all logits.
  const LogitRow& plain() const { return m_variants.rows()[0]; }
  const LogitRow& edited() const { return m_variants.rows()[1]; }

 private:
  explicit EditedNext(Variants variants) : m_variants(std::move(variants)) {}

  Variants m_variants;
};

/// Of one token of a row with all its logits.
double probability(const LogitRow& row, TokenId token);

}  // namespace cutaway
