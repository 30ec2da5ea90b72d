#include <QApplication>
#include <QDateTime>
#include <QMouseEvent>
#include <QScrollBar>
#include <QStyleHints>
#include <algorithm>
#include <cmath>

#include "ui/chat/chat_view_private.h"

namespace cutaway {

namespace {
constexpr int kTipDelay = 120,
              kTipDelayUncoloured = 500;  // ms; without colours a reader's mouse rests anywhere
}

ChatView::Private::Spot ChatView::Private::spotAt(QPointF position) const {
  const qreal y = position.y() + scroll();
  const int row = document.rowAt(y);
  if (row < 0) return {};
  return {row, {position.x(), y - document.topOf(row)}};
}

ChatMark ChatView::Private::markAt(QPointF position) {
  const Spot spot = spotAt(position);
  if (spot.row < 0) return {};
  return {spot.row, document.layout(spot.row).sourceAt(spot.point)};
}

QString ChatView::Private::emptyLinkAt(QPointF position) {
  if (document.count() > 0 || !empty) return {};
  const int action = empty->actionAt(position - emptyOrigin());
  return action < 0 ? QString() : empty->actions()[action].link;
}

void ChatView::Private::hover(QPointF position) {
  Spot spot = spotAt(position);
  if (spot.row >= 0 && (spot.point.y() < 0 || spot.point.y() >= document.heightOf(spot.row))) spot.row = -1;
  int action = -1, token = -1;
  Qt::CursorShape shape = emptyLinkAt(position).isEmpty() ? Qt::ArrowCursor : Qt::PointingHandCursor;
  if (spot.row >= 0) {
    MessageLayout& layout = document.layout(spot.row);
    action = layout.actionAt(spot.point);
    token = document.tokenAt(spot.row, layout.characterAt(spot.point));
    if (action >= 0 && layout.actions()[action].enabled)
      shape = Qt::PointingHandCursor;
    else if (action < 0 && layout.scrollBarAt(spot.point) < 0 && layout.isText(spot.point))
      shape = Qt::IBeamCursor;
  }
  q->viewport()->setCursor(shape);
  const bool tokenChanged = token != hoveredToken || spot.row != hoveredRow;
  if (!tokenChanged && action == hoveredAction) return;
  updateRow(hoveredRow);
  const qint64 leftId =
      hoveredRow >= 0 && hoveredRow < document.count() ? document.items()[hoveredRow].id : -1;
  const bool leavesToken = hoveredToken >= 0 && token < 0;
  hoveredRow = spot.row;
  hoveredAction = action;
  hoveredToken = token;
  updateRow(hoveredRow);
  if (!tokenChanged) return;
  hideTip();
  if (token >= 0) {
    tipDelay.start(colouring == TokenColouring::none ? kTipDelayUncoloured : kTipDelay);
    emit q->tokenHovered(document.items()[spot.row].id, token);
  } else if (leavesToken) {
    emit q->tokenHovered(leftId, -1);
  }
}

void ChatView::Private::leave() { hover({-1, -1e6}); }

void ChatView::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  Private& d = *m_d;
  d.hideTip();
  d.focusedRow = d.focusedAction = -1;
  d.moved = false;
  d.lastPosition = event->position();
  d.pressed = d.spotAt(event->position());
  viewport()->update();
  if (d.pressed.row < 0) return;
  MessageLayout& layout = d.document.layout(d.pressed.row);
  d.pressedAction = layout.actionAt(d.pressed.point);
  d.pressedBlock = layout.scrollBarAt(d.pressed.point);
  if (d.pressedAction >= 0) {
    d.press = Private::Press::action;
  } else if (d.pressedBlock >= 0) {
    d.press = Private::Press::scrollBar;
  } else {
    d.press = Private::Press::selection;
    const ChatMark mark = d.markAt(event->position());
    const qint64 sinceDouble = QDateTime::currentMSecsSinceEpoch() - d.doubleClickTime;
    if (sinceDouble <
        QGuiApplication::styleHints()->mouseDoubleClickInterval()) {  // third click: the paragraph
      const SourceSpan line = layout.lineAt(mark.source);
      d.select({mark.row, line.begin}, {mark.row, line.end()});
      d.moved = true;
    } else {
      const bool extends = event->modifiers() & Qt::ShiftModifier && d.selectionAnchor.row >= 0;
      d.select(extends ? d.selectionAnchor : mark, mark);
    }
  }
}

void ChatView::mouseMoveEvent(QMouseEvent* event) {
  Private& d = *m_d;
  const QPointF by = event->position() - d.lastPosition;
  if (d.press == Private::Press::none) return d.hover(event->position());
  if (d.press == Private::Press::scrollBar) {
    d.document.layout(d.pressed.row).dragScrollBar(d.pressedBlock, by.x());
    d.updateRow(d.pressed.row);
  }
  if (d.press == Private::Press::selection) {
    if (!d.moved && by.manhattanLength() < QApplication::startDragDistance()) return;
    d.moved = true;
    d.select(d.selectionAnchor, d.markAt(event->position()));
    const bool outside = event->position().y() < 0 || event->position().y() > viewport()->height();
    if (outside && !d.dragScroll.isActive()) d.dragScroll.start();
    if (!outside) d.dragScroll.stop();
  }
  d.lastPosition = event->position();
}

void ChatView::Private::dragSelection() {
  const qreal y = lastPosition.y();
  const qreal beyond = y < 0 ? y : std::max(0.0, y - q->viewport()->height());
  QScrollBar* bar = q->verticalScrollBar();
  bar->setValue(bar->value() + int(std::clamp(beyond / 2, -60.0, 60.0)));
  select(selectionAnchor, markAt(lastPosition));
}

void ChatView::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  Private& d = *m_d;
  d.dragScroll.stop();
  const auto press = std::exchange(d.press, Private::Press::none);
  if (const QString link = d.emptyLinkAt(event->position()); !link.isEmpty()) return emit linkActivated(link);
  const Private::Spot spot = d.spotAt(event->position());
  if (spot.row < 0 || spot.row != d.pressed.row) return;
  MessageLayout& layout = d.document.layout(spot.row);
  if (press == Private::Press::action && layout.actionAt(spot.point) == d.pressedAction)
    return d.perform(spot.row, d.pressedAction);
  if (press != Private::Press::selection || d.moved) return;
  const int token = d.document.tokenAt(spot.row, layout.characterAt(spot.point));
  if (token >= 0) emit tokenClicked(items()[spot.row].id, token);
}

void ChatView::mouseDoubleClickEvent(QMouseEvent* event) {
  Private& d = *m_d;
  const ChatMark mark = d.markAt(event->position());
  if (event->button() != Qt::LeftButton || mark.row < 0) return;
  MessageLayout& layout = d.document.layout(mark.row);
  if (layout.actionAt(d.spotAt(event->position()).point) >= 0) return mousePressEvent(event);
  const SourceSpan word = layout.wordAt(mark.source);
  d.select({mark.row, word.begin}, {mark.row, word.end()});
  d.press = Private::Press::selection;
  d.moved = true;
  d.doubleClickTime = QDateTime::currentMSecsSinceEpoch();
}

void ChatView::wheelEvent(QWheelEvent* event) {
  QPoint by = event->pixelDelta().isNull() ? event->angleDelta() / 2 : event->pixelDelta();
  if (event->modifiers() & Qt::ShiftModifier) by = by.transposed();
  if (std::abs(by.x()) > std::abs(by.y())) {
    const Private::Spot spot = m_d->spotAt(event->position());
    if (spot.row >= 0 && m_d->document.layout(spot.row).scrollSideways(spot.point, -by.x()))
      m_d->updateRow(spot.row);
    return event->accept();
  }
  QAbstractScrollArea::wheelEvent(event);
}

bool ChatView::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::Leave) m_d->leave();
  return QAbstractScrollArea::viewportEvent(event);
}

}  // namespace cutaway
