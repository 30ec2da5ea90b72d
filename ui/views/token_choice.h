// The choice of a second token beside a word: none, one that the model considered in its place, or one that is typed.
#pragma once

#include <QLineEdit>

#include "core/text/tokenizer.h"
#include "ui/chat/chat_data.h"
#include "ui/choice_box.h"

namespace cutaway {

class TokenChoice : public QWidget {
  Q_OBJECT

 public:
  /// `name`: of the box, for tests; the line's is that with "Text" behind it. `none`: what is said of no token.
  TokenChoice(const QString& name, const QString& none);
  void setOffer(const QString& known, const QString& typed);  ///< what is said of a token, %1, and of one to be typed
  void offer(const ChatToken& word);  ///< other words that the model considered there; one that was chosen before stays, where it can
  QString text() const;               ///< of the token; empty: none

 private:
  ChoiceBox* m_box;
  QLineEdit* m_line;
  QString m_known, m_typed;
};

/// The token of this text. Fails for a text that is several tokens.
Result<TokenId> tokenOfText(const Tokenizer& tokenizer, const std::string& text);

}  // namespace cutaway
