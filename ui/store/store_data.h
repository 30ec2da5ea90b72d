// What the store keeps, as plain values: a conversation is a tree of messages, nothing in it is ever overwritten.
#pragma once

#include <QString>
#include <QVector>
#include <memory>

#include "ui/chat/chat_data.h"

namespace cutaway {

enum class AnswerState : quint8 { complete, writing, stopped, failed };  ///< stored by number

/// What an answer cost; zero where unknown.
struct AnswerStats {
  qint32 promptTokens = 0, reusedTokens = 0, generatedTokens = 0;
  double secondsToFirst = 0, promptRate = 0, generateRate = 0;
  QString stopReason;  ///< "eos", "length", "stop", "cancelled", "context"
};

struct StoredMessage {
  qint64 id = 0;
  qint64 conversation = 0;
  qint64 parent = 0;  ///< 0: the first of its conversation
  ChatRole role = ChatRole::user;
  QString text;
  QVector<ChatToken> tokens;  ///< of an answer
  AnswerState state = AnswerState::complete;
  AnswerStats stats;
  qint64 created = 0;  ///< ms since 1970
  QString model;       ///< that wrote it; empty for the user's
  QString settings;    ///< JSON: sampling, device, what was left out of the context
};

struct ConversationSummary {
  qint64 id = 0;
  QString title;
  QString systemPrompt;
  qint64 created = 0, updated = 0;  ///< ms since 1970
  qint64 leaf = 0;                  ///< last message of the path that is shown; 0 when empty
  int messages = 0;                 ///< of all branches
};

struct ConversationData {
  ConversationSummary summary;
  QVector<StoredMessage> messages;  ///< in the order of their making: parents come before children
};

using ConversationList = QVector<ConversationSummary>;  ///< last used first

}  // namespace cutaway
