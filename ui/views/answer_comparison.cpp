#include "ui/views/answer_comparison.h"

#include <algorithm>

#include "core/graph/edit_text.h"

namespace cutaway {
namespace {

constexpr std::uint32_t kLeastWritten = 16;  ///< tokens that the edited model may write

Result<std::unique_ptr<Inquiry>> makeComparison(const Model& model, std::vector<TokenId> prompt,
                                                const std::vector<TokenId>& answer,
                                                const std::vector<std::string>& texts) {
  EditedAnswer::Question question;
  question.answer = answer;
  question.maxTokens = std::max(static_cast<std::uint32_t>(answer.size()), kLeastWritten);
  const auto size = static_cast<std::uint32_t>(prompt.size());
  auto edits = std::make_shared<Edits>();
  for (const std::string& text : texts)
    for (Edit& edit : TRY(parseEdit(model.description->graph(), text, {size, size + question.maxTokens})))
      edits->push_back(std::move(edit));
  question.edits = std::move(edits);
  return std::make_unique<AnswerComparison>(TRY(EditedAnswer::create(model, std::move(prompt), question)));
}

}  // namespace

Result<bool> AnswerComparison::step(Session& session) {
  if (TRY(m_answer->step(session))) return true;
  const auto piece = [&](TokenId token) { return QString::fromStdString(session.tokenizer().piece(token)); };
  for (const EditedAnswer::Token& token : m_answer->original()) {
    m_original += piece(token.token);
    m_tops += piece(token.editedTop);
  }
  for (const TokenId token : m_answer->edited()) m_edited += piece(token);
  return false;
}

InquiryMaker comparisonOf(std::vector<TokenId> answer, const QStringList& edits) {
  std::vector<std::string> texts;
  for (const QString& text : edits) texts.push_back(text.toStdString());
  return [answer = std::move(answer), texts](const Model& model, std::vector<TokenId> prompt) {
    return makeComparison(model, std::move(prompt), answer, texts);
  };
}

}  // namespace cutaway
