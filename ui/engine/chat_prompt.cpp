#include "ui/engine/chat_prompt.h"

#include <QCoreApplication>

#include "core/text/prompt.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(ChatPrompt)
};

constexpr const char* kFallback = "chatml";

const char* roleName(ChatRole role) {
  if (role == ChatRole::system) return "system";
  return role == ChatRole::assistant ? "assistant" : "user";
}

std::vector<ChatMessage> chatMessages(const QVector<PromptMessage>& messages) {
  std::vector<ChatMessage> list;
  for (const PromptMessage& message : messages) list.push_back({roleName(message.role), message.text.toStdString()});
  return list;
}

qsizetype firstTurn(const QVector<PromptMessage>& messages) {
  return !messages.isEmpty() && messages[0].role == ChatRole::system ? 1 : 0;
}

}  // namespace

QVector<PromptMessage> withoutOldest(const QVector<PromptMessage>& messages, int count) {
  QVector<PromptMessage> kept = messages;
  kept.remove(firstTurn(messages), qMin<qsizetype>(count, messages.size() - firstTurn(messages)));
  return kept;
}

ChatPrompt::ChatPrompt(std::shared_ptr<const ModelDescription> model, const QString& builtIn)
    : m_model(std::move(model)) {
  const Metadata& metadata = m_model->file.metadata;
  Result<TemplateChoice> choice = chooseTemplate(metadata, builtIn.toStdString());
  if (!choice) {
    m_problem = Text::tr("%1 ChatML is used instead.").arg(QString::fromStdString(choice.error().message));
    choice = chooseTemplate(metadata, kFallback);
  }
  if (!choice) return;
  if (choice->source != TemplateSource::model) m_name = QString::fromStdString(choice->name);
  if (choice->source == TemplateSource::guessed) {
    m_problem = Text::tr("The model has no chat template; %1 is used, whose markers its vocabulary has.").arg(m_name);
  } else if (choice->source == TemplateSource::plain) {
    m_problem = Text::tr("The model has no chat template: it goes on with the text as it stands.");
  }
  m_template = std::move(choice->chatTemplate);
}

Result<std::vector<TokenId>> ChatPrompt::encode(const QVector<PromptMessage>& messages) const {
  if (!m_template) return fail(ErrorKind::badInput, "There is no chat template to write the prompt with.");
  const Tokenizer& tokenizer = *m_model->tokenizer;
  const std::vector<PromptSegment> segments = TRY(renderChat(*m_template, chatMessages(messages), tokenizer, true));
  return tokenizer.encode(segments, true);
}

PromptPlan ChatPrompt::plan(const PromptRequest& request, quint32 context) const {
  PromptPlan plan;
  plan.id = request.id;
  plan.reserve = request.reserve;
  plan.context = context;
  const auto whole = encode(request.messages);
  if (!whole) {
    plan.error = QString::fromStdString(whole.error().message);
    return plan;
  }
  plan.needed = static_cast<quint32>(whole->size());
  if (plan.fits()) return plan;
  // Whole turns go, oldest first, so that what stays begins with a question.
  const qsizetype first = firstTurn(request.messages);
  for (qsizetype next = first + 1; next < request.messages.size(); ++next) {
    if (request.messages[next].role != ChatRole::user) continue;
    const int dropped = static_cast<int>(next - first);
    const auto rest = encode(withoutOldest(request.messages, dropped));
    if (!rest || rest->size() + plan.reserve > context) continue;
    plan.dropMessages = dropped;
    plan.neededAfterDrop = static_cast<quint32>(rest->size());
    break;
  }
  return plan;
}

}  // namespace cutaway
