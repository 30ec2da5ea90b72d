// From a conversation to the tokens of a prompt: the chat template in use, and what to leave out when it is too long.
#pragma once

#include <vector>

#include "core/run/model.h"
#include "core/text/chat_template.h"
#include "ui/engine/engine_data.h"

namespace cutaway {

/// Belongs to one model. Engine thread only.
class ChatPrompt {
 public:
  /// `builtIn`: name of a built-in template; empty: the model's own, or ChatML when it has none that can be read.
  ChatPrompt(std::shared_ptr<const ModelDescription> model, const QString& builtIn);

  QString templateName() const { return m_name; }     ///< of a built-in one; empty: the model's own
  QString problem() const { return m_problem; }       ///< why the model's own is not used

  /// What the user typed never becomes a special token. Fails with the template's sentence.
  Result<std::vector<TokenId>> encode(const QVector<PromptMessage>& messages) const;

  /// Fills in needed, and, when it does not fit, what dropping the oldest turns would give.
  PromptPlan plan(const PromptRequest& request, quint32 context) const;

 private:
  std::shared_ptr<const ModelDescription> m_model;
  std::optional<ChatTemplate> m_template;
  QString m_name, m_problem;
};

/// The messages without the first `count` that are not a system message.
QVector<PromptMessage> withoutOldest(const QVector<PromptMessage>& messages, int count);

}  // namespace cutaway
