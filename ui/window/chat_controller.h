// One conversation being held: what sending, stopping, regenerating, editing and switching versions do.
#pragma once

#include <QObject>
#include <QTimer>
#include <memory>
#include <optional>

#include "ui/engine/engine_controller.h"
#include "ui/store/conversation_store.h"
#include "ui/store/message_tree.h"
#include "ui/engine/answer_settings.h"

namespace cutaway {

/// Somebody who has a second model answer along.
class AnswerCompanion {
 public:
  virtual ~AnswerCompanion() = default;
  virtual std::optional<PairMode> mode() const = 0;                ///< none: there is no second model
  virtual QString ownText(const StoredMessage& answer) const = 0;  ///< what it wrote there, else the answer's text
  virtual void begin(RequestId request, const StoredMessage& answer) = 0;
};

/// Knows no widget. An answer goes on being written while another conversation is shown; one answer at a time.
/// Everything that happens is stored at once, an answer in progress twice a second.
class ChatController : public QObject {
  Q_OBJECT

 public:
  enum class State { idle, checking, asking, writing };  ///< checking: does the prompt fit; asking: it did not

  ChatController(EngineController& engine, ConversationStore& store, QObject* parent = nullptr);

  State state() const { return m_state; }
  bool isWriting() const { return m_state == State::writing; }
  const ConversationSummary& conversation() const { return m_conversation; }  ///< id 0: not begun
  const MessageTree& tree() const { return m_tree; }
  const StoredMessage* message(qint64 id) const;  ///< of the shown conversation, the one being written included

  void setCompanion(AnswerCompanion* companion) { m_companion = companion; }  ///< null: none
  void setSettings(const AnswerSettings& settings) { m_settings = settings; }
  void newConversation();
  void show(const ConversationData& data);
  void setTitle(const QString& title);
  void setSystemPrompt(const QString& prompt);

  /// These do nothing unless idle and with a model. The text counts as sent when accepted() is emitted.
  void send(const QString& text);
  void sendEdited(qint64 message, const QString& text);  ///< a sibling; an answer's is stored without a new answer
  void regenerate(qint64 answer);
  /// A version of the answer that has `other` in place of its token number `place`, and goes on from there.
  void branch(qint64 answer, int place, const ChatToken& other);
  void answerLast();  ///< writes (again) the answer to the last question
  void stop();
  void switchSibling(qint64 message, int step);

  /// The replies to contextFull().
  void sendWithoutOldest(bool always);
  void sendWithContext(quint32 context);  ///< asks for it by contextWanted(), sends when the model is there
  void cancelSending();

  /// Asks the engine about the last of the first `tokens` tokens of an answer, or of its prompt when 0. The prompt is
  /// rendered anew: what was left out of a full context is in it again. Answer 0: about the model, without a text.
  /// 0 without a model or such a token.
  RequestId ask(const QString& asker, qint64 answer, int tokens, InquiryMaker make, PairInquiryMaker makePair = {});

  void count(const QString& draft);  ///< -> contextUsed, a moment later

 Q_SIGNALS:
  void stateChanged();
  void conversationChanged();  ///< another one, or its title
  void listChanged();          ///< what a list of conversations shows
  void accepted();
  void itemsReset(const QVector<cutaway::ChatItem>& items);
  void itemAppended(const cutaway::ChatItem& item);
  void itemsRemovedFrom(qint64 id);
  void tokensAppended(qint64 id, const QVector<cutaway::ChatToken>& tokens);
  void itemFinished(qint64 id, const QString& footer);
  void contextFull(const cutaway::PromptPlan& plan, bool single);  ///< single: the message alone is too long
  void contextWanted(quint32 context);
  void contextUsed(quint32 tokens, quint32 context);
  void promptProgress(quint32 read, quint32 total);
  void finished(const cutaway::AnswerStats& stats);
  void failed(const QString& sentence, bool sent);  ///< sent: the question is in the conversation, without an answer

 private:
  /// A question that waits for its place in the context.
  struct Pending {
    RequestId id = 0;
    qint64 parent = 0;                ///< of the question, or the question itself when `text` is empty
    std::optional<QString> text;      ///< a new question
    QVector<ChatToken> begun;         ///< the answer's first tokens, where they are known
    PromptPlan plan;
  };
  struct Writing {
    RequestId id = 0;
    ConversationSummary conversation;
    StoredMessage message;
    bool stored = false;
    quint32 promptTokens = 0;
  };

  void prepare(qint64 parent, std::optional<QString> text, QVector<ChatToken> begun = {});
  QVector<PromptMessage> promptMessages(const Pending& pending) const;
  QVector<PromptMessage> linePrompt(qint64 last, const AnswerCompanion* writer = nullptr) const;
  quint32 reserve() const;
  void checkPrompt();
  void planned(const PromptPlan& plan);
  void commit(bool leaveOut);
  qint64 addQuestion(const QString& text, qint64 parent);
  StoredMessage newAnswer(qint64 question, const AnswerSettings& settings, int leftOut, quint32 leftOutTokens) const;
  void write(qint64 question, const PromptPlan& plan, bool leaveOut, const QVector<ChatToken>& begun);
  void takeTokens(const TokenBatch& batch);
  void finish(const GenerationEnd& end);
  void keepAnswer();
  bool isShown(const Writing& writing) const { return writing.conversation.id == m_conversation.id; }
  void saveSummary();
  void reset();
  void setState(State state);
  void countNow();

  EngineController& m_engine;
  ConversationStore& m_store;
  AnswerCompanion* m_companion = nullptr;
  State m_state = State::idle;
  ConversationSummary m_conversation;
  MessageTree m_tree;
  AnswerSettings m_settings;
  std::shared_ptr<const LoadedModel> m_model;
  QStringList m_edits;  ///< that act in the chat
  std::optional<Pending> m_pending;
  std::optional<Writing> m_writing;
  bool m_alwaysLeaveOut = false;  ///< the user said so for this conversation
  RequestId m_countRequest = 0;
  QString m_draft;
  QTimer m_saveTimer, m_countTimer;
};

}  // namespace cutaway
