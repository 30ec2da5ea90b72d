#include <QPaintEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "ui/chat/chat_view_private.h"

namespace cutaway {

MessageOverlay ChatView::Private::overlay(int row) const {
  MessageOverlay overlay;
  const ChatItem& item = document.items()[row];
  overlay.tokenStarts = &document.tokenStarts(row);
  overlay.colouring = colouring;
  if (const auto found = weights.constFind(document.items()[row].id); found != weights.constEnd()) overlay.weights = &*found;
  overlay.selectedToken = item.id == selectedTokenId ? selectedToken : -1;
  overlay.selection = selectionIn(row);
  overlay.hovered = row == hoveredRow;
  if (overlay.hovered) {
    overlay.hoveredAction = hoveredAction;
    overlay.hoveredToken = hoveredToken;
  }
  overlay.focused = row == focusedRow && q->hasFocus();
  overlay.focusedAction = overlay.focused ? focusedAction : -1;
  overlay.copiedAction = row == copiedRow ? copiedAction : -1;
  const auto first =
      std::partition_point(matches.begin(), matches.end(), [row](const auto& m) { return m.first < row; });
  for (auto match = first; match != matches.end() && match->first == row; ++match) {
    if (match - matches.begin() == currentMatch) overlay.currentMatch = int(overlay.matches.size());
    overlay.matches << match->second;
  }
  return overlay;
}

void ChatView::Private::paint(QPainter& painter, const QRect& area) {
  painter.fillRect(area, document.style().colours.window);
  if (document.count() == 0) return paintEmpty(painter, area);
  for (int row = document.rowAt(area.top() + scroll()); row >= 0 && row < document.count(); ++row) {
    const qreal top = std::round(document.topOf(row) - scroll());
    if (top > area.bottom()) break;
    if (!document.isLaidOut(row)) continue;
    painter.save();
    painter.translate(0, top);
    document.layout(row).paint(painter, QRectF(area).translated(0, -top), document.items()[row],
                               overlay(row));
    painter.restore();
  }
}

QPointF ChatView::Private::emptyOrigin() const {
  return {0, empty ? std::max(0.0, std::floor((q->viewport()->height() - empty->height()) * 0.4)) : 0};
}

void ChatView::Private::paintEmpty(QPainter& painter, const QRect& area) {
  if (!empty) return;
  painter.translate(emptyOrigin());
  MessageOverlay overlay;
  overlay.focused = q->hasFocus() && focusedAction >= 0;
  overlay.focusedAction = focusedAction;
  empty->paint(painter, QRectF(area).translated(-emptyOrigin()), emptyItem, overlay);
}

void ChatView::paintEvent(QPaintEvent* event) {
  QPainter painter(viewport());
  m_d->paint(painter, event->rect());
}

}  // namespace cutaway
