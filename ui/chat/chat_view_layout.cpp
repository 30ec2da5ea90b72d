#include <QResizeEvent>
#include <QScrollBar>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "ui/chat/chat_view_private.h"

namespace cutaway {

namespace {

constexpr qreal kAhead = 240;              // pixels laid out beyond the viewport
constexpr qreal kEnds = ChatStyle::kGrid;  // above the first and below the last message

}  // namespace

qreal ChatView::Private::scroll() const { return q->verticalScrollBar()->value() - kEnds; }

ChatView::Private::Anchor ChatView::Private::anchor() const {
  const qreal top = scroll();
  const int first = document.rowAt(top);
  if (first < 0) return {};
  for (int row = first; row < document.count() && document.topOf(row) < top + q->viewport()->height(); ++row)
    if (document.isLaidOut(row)) return {row, document.topOf(row) - top};
  return {first, document.topOf(first) - top};
}

void ChatView::Private::arrange(const Anchor& anchor) {
  if (arranging) return;
  arranging = true;
  QScrollBar* bar = q->verticalScrollBar();
  const int view = q->viewport()->height();
  for (int pass = 0; pass < 12; ++pass) {  // estimates give way to heights until all that is seen is laid out
    const int most = std::max(0, int(std::ceil(document.height() + 2 * kEnds)) - view);
    bar->setRange(0, most);
    bar->setPageStep(view);
    bar->setSingleStep(3 * ChatStyle::kGrid);
    if (following)
      bar->setValue(most);
    else if (anchor.row >= 0 && anchor.row < document.count())
      bar->setValue(int(std::lround(document.topOf(anchor.row) - anchor.shift + kEnds)));
    if (!document.layoutRange(scroll() - kAhead, scroll() + view + kAhead)) break;
  }
  document.releaseOutside(scroll() - 2 * view - kAhead, scroll() + 3 * view + kAhead);
  arranging = false;
  placeToEnd();
  q->viewport()->update();
}

void ChatView::Private::restyle() {
  // The text stands in the middle of the view, scroll bar or not.
  const int bar = q->verticalScrollBar()->sizeHint().width();
  if (q->viewportMargins().left() != bar) q->setViewportMargins(bar, 0, 0, 0);
  const Anchor kept = anchor();
  const ChatStyle style(q->font());
  const int width = q->viewport()->width();
  document.setStyle(style, width);
  empty.reset();
  if (!emptyItem.text.isEmpty()) empty = std::make_unique<MessageLayout>(emptyItem, style, width);
  arrange(kept);
}

void ChatView::Private::changed(const Anchor& kept) {
  matchesStale = true;
  hideTip();
  hoveredRow = hoveredAction = hoveredToken = -1;
  frame.stop();
  grownRow = -1;
  arrange(kept);
}

void ChatView::Private::drawFrame() {
  const int row = std::exchange(grownRow, -1);
  if (row < 0 || row >= document.count()) return;
  const qreal bottom = scroll() + q->viewport()->height();
  const bool seen =
      following || (document.topOf(row) < bottom + kAhead && document.topOf(row + 1) > scroll() - kAhead);
  if (!seen) return;  // laid out when scrolled to
  const qreal before = document.heightOf(row);
  document.layout(row);
  if (document.heightOf(row) != before)
    arrange();
  else
    updateRow(row);
}

void ChatView::Private::updateRow(int row) {
  if (row < 0 || row >= document.count()) return;
  q->viewport()->update(0, int(document.topOf(row) - scroll()) - 1, q->viewport()->width(),
                        int(document.heightOf(row)) + 2);
}

void ChatView::Private::scrollTo(qreal value) {
  QScrollBar* bar = q->verticalScrollBar();
  bar->setValue(int(std::clamp(value, 0.0, qreal(bar->maximum()))));
}

void ChatView::Private::reveal(int row, const QRectF& rect) {
  const int view = q->viewport()->height();
  for (int pass = 0; pass < 3; ++pass) {  // the rows on the way may turn out to be of another height
    const qreal top = document.topOf(row) + rect.top() + kEnds, bottom = top + rect.height();
    const qreal value = q->verticalScrollBar()->value();
    if (top >= value + ChatStyle::kGrid && bottom <= value + view - ChatStyle::kGrid) return;
    scrollTo(rect.height() > view ? top - ChatStyle::kGrid : (top + bottom - view) / 2);
  }
}

void ChatView::Private::placeToEnd() {
  const QScrollBar* bar = q->verticalScrollBar();
  const bool far = bar->value() < bar->maximum() - q->viewport()->height() / 2;
  const QSize size = toEnd->sizeHint();
  toEnd->setGeometry(QRect(QPoint((q->viewport()->width() - size.width()) / 2,
                                  q->viewport()->height() - size.height() - ChatStyle::kGrid),
                           size));
  toEnd->setVisible(far);
}

void ChatView::scrollContentsBy(int, int) {
  if (m_d->arranging) return;
  const QScrollBar* bar = verticalScrollBar();
  m_d->following = bar->value() >= bar->maximum() - 2;
  m_d->hideTip();
  m_d->arrange();
}

void ChatView::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  if (event->size().width() != event->oldSize().width())
    m_d->restyle();
  else
    m_d->arrange();
}

void ChatView::changeEvent(QEvent* event) {
  QAbstractScrollArea::changeEvent(event);
  if (event->type() == QEvent::FontChange && m_d) m_d->restyle();
}

}  // namespace cutaway
