#include "ui/views/shown_text.h"

#include "ui/chat/token_tip.h"

namespace cutaway {

QString ShownText::label(int token) const {
  return token >= 0 && token < pieces.size() ? tokenLabel(pieces[token]) : QString();
}

int ShownText::placeOf(const ViewData& data, qint64 ofMessage, int token) const {
  const StoredMessage* stored = ofMessage == message && message != 0 ? data.message(message) : nullptr;
  if (stored == nullptr || token < 0) return -1;
  int place = promptTokens;
  const int end = qMin(token, static_cast<int>(stored->tokens.size()) - 1);
  for (int i = 0; i < end; ++i) place += stored->tokens[i].id >= 0 ? 1 : 0;
  return place < size() ? place : -1;
}

TokenRange ShownText::rangeAt(const ViewData& data, int place) const {
  const StoredMessage* stored = message != 0 ? data.message(message) : nullptr;
  int at = promptTokens;
  for (int i = 0; stored != nullptr && i < stored->tokens.size(); ++i)
    if (stored->tokens[i].id >= 0 && at++ == place) return {message, i, i};
  return {};
}

}  // namespace cutaway
