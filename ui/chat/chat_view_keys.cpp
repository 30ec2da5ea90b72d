#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMenu>
#include <QScrollBar>
#include <algorithm>

#include "ui/chat/chat_accessible.h"
#include "ui/chat/chat_view_private.h"

namespace cutaway {

namespace {
constexpr int kCopiedFlash = 1500;  // ms
}

void ChatView::Private::perform(int row, int action) {
  const ChatItem item = document.items()[row];  // a copy: a receiver may change the items
  const auto actions = document.layout(row).actions();
  if (action < 0 || action >= actions.size() || !actions[action].enabled) return;
  const ActionSpot& spot = actions[action];
  switch (spot.action) {
    case ChatAction::copy:
      QGuiApplication::clipboard()->setText(item.text);
      flashCopied(row, action);
      return emit q->copyRequested(item.id);
    case ChatAction::copyCode:
      QGuiApplication::clipboard()->setText(document.layout(row).codeOf(item, spot.block));
      return flashCopied(row, action);
    case ChatAction::edit:
      return emit q->editRequested(item.id);
    case ChatAction::regenerate:
      return emit q->regenerateRequested(item.id);
    case ChatAction::previousSibling:
      return emit q->siblingRequested(item.id, -1);
    case ChatAction::nextSibling:
      return emit q->siblingRequested(item.id, +1);
    case ChatAction::openLink:
      return emit q->linkActivated(spot.link);
  }
}

void ChatView::Private::flashCopied(int row, int action) {
  updateRow(copiedRow);
  copiedRow = row;
  copiedAction = action;
  updateRow(copiedRow);
  if (row >= 0) copiedFlash.start(kCopiedFlash);
}

QRectF ChatView::Private::actionRect(int row, int action) {
  MessageLayout& layout = document.layout(row);
  return action >= 0 && action < layout.actions().size() ? layout.actions()[action].rect
                                                         : layout.contentRect();
}

void ChatView::Private::focusRow(int row) {
  updateRow(focusedRow);
  focusedRow = row;
  focusedAction = -1;
  if (row < 0) return;
  following = following && row == document.count() - 1;
  document.layout(row);
  arrange();
  reveal(row, document.layout(row).contentRect());
  updateRow(row);
  announceFocus(*q, row);
}

bool ChatView::Private::moveFocus(int step) {
  if (document.count() == 0) return false;
  if (focusedRow < 0) {  // begin with what is in sight
    focusRow(step > 0 ? document.rowAt(scroll() + 1)
                      : document.rowAt(scroll() + q->viewport()->height() - 1));
    return true;
  }
  // A message taller than the view is read to its end first.
  const qreal view = q->viewport()->height();
  const qreal top = document.topOf(focusedRow) - scroll(), bottom = document.topOf(focusedRow + 1) - scroll();
  const bool more = step > 0 ? bottom > view + 1 && top <= view : top < -1 && bottom >= 0;
  if (more && bottom - top > view) {
    scrollTo(q->verticalScrollBar()->value() + step * 5 * ChatStyle::kGrid);
    return true;
  }
  const int next = focusedRow + step;
  if (next < 0 || next >= document.count()) return false;
  focusRow(next);
  return true;
}

bool ChatView::Private::moveAction(int step) {
  const bool isEmpty = document.count() == 0;
  if (isEmpty ? !empty : focusedRow < 0) return false;
  const auto& actions = isEmpty ? empty->actions() : document.layout(focusedRow).actions();
  int next = focusedAction;
  do next += step;
  while (next >= 0 && next < actions.size() && !actions[next].enabled);
  if (next >= actions.size()) return true;
  focusedAction = std::max(next, -1);
  if (isEmpty) {
    q->viewport()->update();
    return true;
  }
  reveal(focusedRow, actionRect(focusedRow, focusedAction));
  updateRow(focusedRow);
  announceFocus(*q, focusedRow);
  return true;
}

void ChatView::keyPressEvent(QKeyEvent* event) {
  Private& d = *m_d;
  QScrollBar* bar = verticalScrollBar();
  if (event->matches(QKeySequence::Copy)) return copySelection();
  if (event->matches(QKeySequence::SelectAll)) return selectAll();
  const bool shift = event->modifiers() & Qt::ShiftModifier;
  const int step = event->key() == Qt::Key_Up || event->key() == Qt::Key_Left ? -1 : 1;
  d.hideTip();
  switch (event->key()) {
    case Qt::Key_PageUp:
      return bar->triggerAction(QAbstractSlider::SliderPageStepSub);
    case Qt::Key_PageDown:
      return bar->triggerAction(QAbstractSlider::SliderPageStepAdd);
    case Qt::Key_Home:
      return bar->setValue(0);
    case Qt::Key_End:
      return bar->setValue(bar->maximum());
    case Qt::Key_Up:
    case Qt::Key_Down: {
      const int from = d.selectionAnchor.row >= 0 ? d.selectionAnchor.row : d.focusedRow;
      if (!d.moveFocus(step)) return event->ignore();
      if (shift && d.focusedRow >= 0) d.selectRows(from < 0 ? d.focusedRow : from, d.focusedRow);
      return;
    }
    case Qt::Key_Left:
    case Qt::Key_Right:
      if ((event->modifiers() & Qt::ControlModifier || d.colouring != TokenColouring::none) && d.moveToken(step)) return;
      if (!d.moveAction(step)) event->ignore();
      return;
    case Qt::Key_Space:
      if (d.focusedAction < 0)
        return bar->triggerAction(shift ? QAbstractSlider::SliderPageStepSub
                                        : QAbstractSlider::SliderPageStepAdd);
      [[fallthrough]];
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (d.document.count() == 0 && d.empty && d.focusedAction >= 0)
        return emit linkActivated(d.empty->actions()[d.focusedAction].link);
      if (d.focusedRow < 0) return event->ignore();
      if (d.focusedAction >= 0) return d.perform(d.focusedRow, d.focusedAction);
      {
        QContextMenuEvent menu(QContextMenuEvent::Keyboard, {}, {});
        contextMenuEvent(&menu);
      }
      return;
    case Qt::Key_Escape:
      if (!hasSelection() && d.focusedRow < 0 && d.selectedToken < 0) return event->ignore();
      d.clearSelection();
      if (d.selectedToken >= 0) emit tokenClicked(d.selectedTokenId, -1);
      d.focusedRow = d.focusedAction = -1;
      return viewport()->update();
    default:
      QAbstractScrollArea::keyPressEvent(event);
  }
}

void ChatView::Private::fillMenu(QMenu& menu, int row, int action) {
  QAction* copy = menu.addAction(ChatView::tr("Copy"), q, &ChatView::copySelection);
  copy->setShortcut(QKeySequence::Copy);
  copy->setEnabled(q->hasSelection());
  menu.addAction(ChatView::tr("Select all"), QKeySequence::SelectAll, q, &ChatView::selectAll);
  if (row < 0) return;
  const auto actions = document.layout(row).actions();
  if (action >= 0 && actions[action].action == ChatAction::openLink) {
    const QString link = actions[action].link;
    menu.addAction(ChatView::tr("Copy link"), q, [link] { QGuiApplication::clipboard()->setText(link); });
  }
  if (action >= 0 && actions[action].action == ChatAction::copyCode)
    menu.addAction(actions[action].name, q, [this, row, action] { perform(row, action); });
  menu.addSeparator();
  for (int i = 0; i < actions.size(); ++i) {
    if (actions[i].action == ChatAction::openLink || actions[i].action == ChatAction::copyCode) continue;
    QAction* entry = menu.addAction(actions[i].name, q, [this, row, i] { perform(row, i); });
    entry->setEnabled(actions[i].enabled);
  }
}

void ChatView::contextMenuEvent(QContextMenuEvent* event) {
  Private& d = *m_d;
  const bool byKey = event->reason() == QContextMenuEvent::Keyboard;
  const Private::Spot spot = d.spotAt(event->pos());
  const int row = byKey ? d.focusedRow : spot.row;
  const int action = byKey || row < 0 ? d.focusedAction : d.document.layout(row).actionAt(spot.point);
  QPoint at = event->globalPos();
  if (byKey) {
    const qreal shown =
        row < 0 ? 0 : std::clamp(d.document.topOf(row) - d.scroll(), 0.0, qreal(viewport()->height()));
    at = viewport()->mapToGlobal(QPoint(ChatStyle::kGrid * 3, int(shown) + ChatStyle::kGrid));
  }
  d.hideTip();
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  d.fillMenu(*menu, row, action);
  menu->popup(at);
}

void ChatView::focusInEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusInEvent(event);
  // Who comes by key sees where they are.
  const bool byKey = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
  if (byKey && m_d->focusedRow < 0) m_d->moveFocus(-1);
  viewport()->update();
}

void ChatView::focusOutEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusOutEvent(event);
  m_d->hideTip();
  viewport()->update();
}

}  // namespace cutaway
