#include "ui/engine/chat_prompt.h"

#include <QCoreApplication>
#include <nlohmann/json.hpp>

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

std::optional<ChatTemplate> builtInTemplate(const QString& name) {
  for (const BuiltInTemplate& candidate : builtInTemplates()) {
    if (name != QLatin1String(candidate.name)) continue;
    Result<ChatTemplate> parsed = ChatTemplate::parse(candidate.source);
    if (parsed) return std::move(*parsed);
  }
  return std::nullopt;
}

nlohmann::ordered_json templateData(const Tokenizer& tokenizer, const QVector<PromptMessage>& messages) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const PromptMessage& message : messages) {
    list.push_back({{"role", roleName(message.role)}, {"content", message.text.toStdString()}});
  }
  nlohmann::ordered_json data{{"messages", std::move(list)}, {"add_generation_prompt", true}};
  data["bos_token"] = tokenizer.bos() >= 0 ? tokenizer.text(tokenizer.bos()) : "";
  data["eos_token"] = tokenizer.eos() >= 0 ? tokenizer.text(tokenizer.eos()) : "";
  return data;
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
  if (!builtIn.isEmpty()) {
    m_name = builtIn;
    m_template = builtInTemplate(builtIn);
    if (m_template) return;
  }
  m_name.clear();
  if (m_model->templateText.empty()) {
    m_problem = Text::tr("The model has no chat template; ChatML is used.");
  } else if (Result<ChatTemplate> own = ChatTemplate::parse(m_model->templateText); own) {
    m_template = std::move(*own);
    return;
  } else {
    m_problem = Text::tr("The model's chat template cannot be read (%1); ChatML is used.")
                    .arg(QString::fromStdString(own.error().message));
  }
  m_name = QLatin1String(kFallback);
  m_template = builtInTemplate(m_name);
}

Result<std::vector<TokenId>> ChatPrompt::encode(const QVector<PromptMessage>& messages) const {
  if (!m_template) return fail(ErrorKind::badInput, "There is no chat template to write the prompt with.");
  const Tokenizer& tokenizer = *m_model->tokenizer;
  const std::vector<PromptSegment> segments = TRY(m_template->render(templateData(tokenizer, messages)));
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
