// The second model beside the conversation: which one, what it does, and what it told of each answer.
#pragma once

#include <QHash>

#include "ui/window/chat_controller.h"

namespace cutaway {

/// Knows no widget. What it shows of a conversation follows the chat's items: the same questions, and the second
/// model's answers or its reading of the first one's. Answers are stored with the conversation.
class PairController : public QObject, public AnswerCompanion {
  Q_OBJECT

 public:
  PairController(EngineController& engine, ChatController& chat, ConversationStore& store, QObject* parent = nullptr);

  void open(const ModelChoice& choice);
  void close();
  void setMode(PairMode mode);

  bool isOpen() const { return m_model != nullptr || m_loading; }
  bool isLoading() const { return m_loading; }
  bool isWriting() const { return m_request != 0; }
  const std::shared_ptr<const LoadedModel>& model() const { return m_model; }  ///< null: none
  PairMode chosenMode() const { return m_mode; }

  const PairedAnswer* answer(qint64 message) const;
  /// Token of the answer where the two part: the second model holds another one most likely, or said another one. -1:
  /// nowhere.
  int firstDifference(qint64 message) const;
  /// How much each token of the answer is coloured. Empty for colourings about one model, and where nothing is known.
  TokenWeights weights(qint64 message, TokenColouring colouring) const;
  QVector<qint64> answers() const;          ///< of the shown conversation
  QVector<ChatItem> items() const;  ///< the conversation as the second model has it

  std::optional<PairMode> mode() const override;
  QString ownText(const StoredMessage& answer) const override;
  void begin(RequestId request, const StoredMessage& answer) override;

 Q_SIGNALS:
  void changed();                        ///< model, loading or mode
  void failed(const QString& sentence);  ///< no model, or nothing about one answer
  void answerChanged(qint64 message);    ///< more is known of it
  void writingChanged();
  void itemsReset(const QVector<cutaway::ChatItem>& items);
  void itemAppended(const cutaway::ChatItem& item);
  void itemsRemovedFrom(qint64 id);
  void tokensAppended(qint64 id, const QVector<cutaway::ChatToken>& tokens);
  void itemFinished(qint64 id, const QString& footer);

 private:
  void take(const PairBatch& batch);
  void finish(const PairEnd& end);
  void takeStored(const QHash<qint64, PairedAnswer>& answers);
  ChatItem itemFor(const ChatItem& item) const;
  QString footerOf(const PairedAnswer& answer) const;
  QVector<ChatToken> shownTokens(qint64 message, const PairedAnswer& answer, int from) const;

  EngineController& m_engine;
  ChatController& m_chat;
  ConversationStore& m_store;
  std::shared_ptr<const LoadedModel> m_model;
  bool m_loading = false;
  PairMode m_mode = PairMode::lockstep;
  RequestId m_request = 0;  ///< being answered; 0: none
  qint64 m_message = 0;     ///< its answer
  QHash<qint64, PairedAnswer> m_answers;
  QVector<ChatItem> m_items;  ///< the chat's, as far as they matter here
};

}  // namespace cutaway
