// Tokens of the chat view: where one stands, its tip, and walking from one to the next by key.
#include "ui/chat/chat_accessible.h"
#include "ui/chat/chat_view_private.h"

namespace cutaway {

QRect ChatView::Private::tokenRect(int row, int token) {
  const QVector<int>& starts = document.tokenStarts(row);
  const auto rects = document.layout(row).rectsOf(starts[token], starts[token + 1]);
  if (rects.isEmpty()) return {};
  return rects.first().translated(0, document.topOf(row) - scroll()).toAlignedRect();
}

void ChatView::Private::showTip(int row, int token) {
  const QRect rect = tokenRect(row, token);
  if (rect.isNull()) return;
  const QPoint corner = q->viewport()->mapToGlobal(rect.topLeft());
  tip->showFor(document.items()[row].tokens[token], QRect(corner, rect.size()));
}

void ChatView::Private::hideTip() {
  tipDelay.stop();
  tip->hide();
}

int ChatView::Private::rowOfTokens() const {
  if (focusedRow >= 0) return focusedRow;
  const int selected = selectedToken >= 0 ? document.rowOf(selectedTokenId) : -1;
  if (selected >= 0) return selected;
  for (int row = document.count() - 1; row >= 0; --row) {
    if (!document.items()[row].tokens.isEmpty()) return row;
  }
  return -1;
}

bool ChatView::Private::moveToken(int step) {
  const int row = rowOfTokens();
  if (row < 0 || document.items()[row].tokens.isEmpty()) return false;
  const ChatItem& item = document.items()[row];
  const auto count = static_cast<int>(item.tokens.size());
  const bool begins = item.id != selectedTokenId || selectedToken < 0;
  const int token = begins ? (step > 0 ? 0 : count - 1) : selectedToken + step;
  if (token < 0 || token >= count) return true;
  hideTip();
  const qint64 id = item.id;  // a receiver may change the items
  q->setSelectedToken(id, token);
  const auto rects = document.layout(row).rectsOf(document.tokenStarts(row)[token], document.tokenStarts(row)[token + 1]);
  if (!rects.isEmpty()) reveal(row, rects.first());
  showTip(row, token);
  announceToken(*tip, item.tokens[token]);
  emit q->tokenClicked(id, token);
  return true;
}

}  // namespace cutaway
