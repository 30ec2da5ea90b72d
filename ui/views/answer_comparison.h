// An answer beside the same answer with edits, as texts that can be shown: what the Interventions view asks.
#pragma once

#include <QStringList>

#include "core/inspect/edited_answer.h"
#include "ui/engine/question_data.h"

namespace cutaway {

/// The pieces are made on the thread that has the tokenizer.
class AnswerComparison final : public Inquiry {
 public:
  explicit AnswerComparison(std::unique_ptr<EditedAnswer> answer) : m_answer(std::move(answer)) {}

  std::uint32_t ownContext() const override { return m_answer->ownContext(); }
  bool comparesEdits() const override { return true; }
  double expectedSeconds(const Session& session) const override { return m_answer->expectedSeconds(session); }
  double progress() const override { return m_answer->progress(); }
  Result<bool> step(Session& session) override;

  const EditedAnswer& answer() const { return *m_answer; }
  const QStringList& original() const { return m_original; }  ///< pieces, one per token
  const QStringList& edited() const { return m_edited; }
  const QStringList& tops() const { return m_tops; }  ///< what the edited model would say, token by token

 private:
  std::unique_ptr<EditedAnswer> m_answer;
  QStringList m_original, m_edited, m_tops;
};

/// Of an answer that was written; the texts are edits, as the command line takes them.
InquiryMaker comparisonOf(std::vector<TokenId> answer, const QStringList& edits);

}  // namespace cutaway
