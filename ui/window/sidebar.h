// The left column: new chat, conversations, system prompt, sampling, context.
#pragma once

#include <QWidget>

#include "ui/engine/engine_data.h"
#include "ui/window/conversation_list.h"
#include "ui/window/sampling_panel.h"

class QComboBox;
class QPlainTextEdit;
class QPushButton;
class QScrollArea;
class QSplitter;

namespace cutaway {

class QuietSpinBox;

class Sidebar : public QWidget {
  Q_OBJECT

 public:
  explicit Sidebar(Settings& settings, QWidget* parent = nullptr);

  ConversationListPanel& conversations() { return *m_conversations; }
  SamplingPanel& sampling() { return *m_sampling; }
  void setSystemPrompt(const QString& prompt);
  QString systemPrompt() const;
  /// What the controls say: 0 is "automatic".
  quint32 context() const;
  FormatId cacheFormat() const;
  void setModel(const LoadedModel* model);  ///< null: none; the context's limit follows
  void setContext(quint32 context);         ///< without contextChanged()

 Q_SIGNALS:
  void newChatRequested();
  void systemPromptChanged(const QString& prompt);  ///< when typing has paused
  void contextChanged();                            ///< or the cache's format; by the user

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* createSettings(Settings& settings);

  QPushButton* m_newChat;
  ConversationListPanel* m_conversations;
  QPlainTextEdit* m_prompt;
  SamplingPanel* m_sampling;
  QuietSpinBox* m_context;
  QComboBox* m_cacheFormat;
  QSplitter* m_split;
  QScrollArea* m_scroll;
  bool m_splitByUser = false;
};

}  // namespace cutaway
