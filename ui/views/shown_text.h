// The text that a view's answer is about, and which of its tokens are words of the selection.
#pragma once

#include "ui/views/view.h"

namespace cutaway {

struct ShownText {
  qint64 message = 0;  ///< whose answer ends the text; 0: there is no text
  QStringList pieces;  ///< of all tokens
  int promptTokens = 0;

  static ShownText of(const Answer& answer, qint64 message) {
    return {message, answer.pieces, static_cast<int>(answer.promptTokens)};
  }
  int size() const { return static_cast<int>(pieces.size()); }
  QString label(int token) const;  ///< its text, with white space made visible

  /// Place of a message's token in the text; -1 when it is not in it. Text that was held back has no tokens.
  int placeOf(const ViewData& data, qint64 ofMessage, int token) const;
  /// The message's token at a place; empty for those of the prompt.
  TokenRange rangeAt(const ViewData& data, int place) const;
};

}  // namespace cutaway
