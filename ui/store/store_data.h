// What the store keeps, as plain values: a conversation is a tree of messages, nothing in it is ever overwritten.
#pragma once

#include <QHash>
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

/// What the second model does while the first one answers. Stored by number.
enum class PairMode : quint8 {
  free,      ///< writes an answer of its own
  lockstep,  ///< reads the same tokens, each as soon as it is written
  opinion,   ///< reads the same tokens some way behind, in batches
};

/// A token of the first model's answer under both.
struct TokenDifference {
  double divergence = 0;               ///< KL(first || second) over the vocabulary, nats
  float probability = 0, otherProbability = 0;
  quint32 otherRank = 1;               ///< of the token under the second model, from 1
  float entropy = 0, otherEntropy = 0; ///< nats
  bool sameTop = true;                 ///< both hold the same token most likely
};

/// What the second model did while one answer was written, as far as it got.
struct PairedAnswer {
  PairMode mode = PairMode::lockstep;
  QString model;                         ///< the second one's name and precision
  int first = 0;                         ///< token of the answer that the first of these belongs to
  QVector<ChatToken> tokens;             ///< free: of its own answer; else of the first model's, as the second sees them
  QVector<TokenDifference> differences;  ///< lockstep and opinion: one per token
  AnswerStats stats;
  bool ended = false;
  QString error;  ///< one sentence, or empty
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
  QVector<StoredMessage> messages;         ///< in the order of their making: parents come before children
  QHash<qint64, PairedAnswer> pairedAnswers;  ///< by the answer's message
};

using ConversationList = QVector<ConversationSummary>;  ///< last used first

}  // namespace cutaway
