// What the chat pane shows, as plain values: no engine type, no database type.
#pragma once

#include <QString>
#include <QVector>

namespace cutaway {

struct TokenAlternative {
  QString text;
  float probability = 0;
};

/// A piece of an answer as the engine chose it. The texts of an answer's tokens, joined, are its text.
struct ChatToken {
  QString text;
  qint32 id = -1;
  float probability = 0;  ///< of the model, before any sampler
  float entropy = 0;      ///< nats
  QVector<TokenAlternative> alternatives;
};

enum class ChatRole : quint8 { system, user, assistant, notice };

/// One message of the visible path through the conversation's tree.
struct ChatItem {
  qint64 id = -1;  ///< of the stored message; unique in the view
  ChatRole role = ChatRole::user;
  QString text;                   ///< Markdown for assistant, plain for user
  QVector<ChatToken> tokens;      ///< of an answer; empty when unknown
  int sibling = 1, siblings = 1;  ///< "2/3"
  QString footer;                 ///< "38 tokens   142 ms to first token   61.4 tokens/s   end of text"
  bool streaming = false;
  bool readOnly = false;  ///< it can be copied, not edited or written again
};

/// Tokens of a message's text that were looked at, and how much: from 0 to 1.
struct TokenWeights {
  QVector<int> starts;     ///< in the text, ascending; one more than tokens
  QVector<float> weights;  ///< one per token
};

enum class TokenColouring : quint8 {
  none,
  probability,
  entropy,
  // By weights that the view is told:
  attention,
  divergence,  ///< between two models
  otherRank,   ///< under the second model
  change,      ///< of its probability from the first model to the second
};
constexpr bool showsWeights(TokenColouring colouring) { return colouring >= TokenColouring::attention; }
constexpr bool isAboutTwoModels(TokenColouring colouring) { return colouring >= TokenColouring::divergence; }

}  // namespace cutaway
