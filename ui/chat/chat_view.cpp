#include "ui/chat/chat_view.h"

#include <QPainter>
#include <QResizeEvent>
#include <QScrollBar>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "ui/chat/chat_accessible.h"
#include "ui/chat/chat_view_private.h"

namespace cutaway {

namespace {

constexpr int kFrame = 16;                 // ms
constexpr qreal kAhead = 240;              // pixels laid out beyond the viewport
constexpr qreal kEnds = ChatStyle::kGrid;  // above the first and below the last message

}  // namespace

ChatView::Private::Private(ChatView* view) : q(view) {
  for (QTimer* timer : {&frame, &tipDelay, &copiedFlash}) timer->setSingleShot(true);
  dragScroll.setInterval(30);
  connect(&frame, &QTimer::timeout, q, [this] { drawFrame(); });
  connect(&tipDelay, &QTimer::timeout, q, [this] { showTip(); });
  connect(&dragScroll, &QTimer::timeout, q, [this] { dragSelection(); });
  connect(&copiedFlash, &QTimer::timeout, q, [this] { flashCopied(-1, -1); });
}

ChatView::ChatView(QWidget* parent) : QAbstractScrollArea(parent), m_d(std::make_unique<Private>(this)) {
  installChatAccessibility();
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Conversation"));
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setMinimumWidth(160);
  viewport()->setMouseTracking(true);
  viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
  m_d->tip = new TokenTip(this);
  m_d->toEnd = new QToolButton(viewport());
  m_d->toEnd->setProperty("framed", true);
  m_d->toEnd->setText(QStringLiteral("↓"));
  m_d->toEnd->setCursor(Qt::ArrowCursor);
  m_d->toEnd->setFocusPolicy(Qt::NoFocus);
  m_d->toEnd->setToolTip(tr("To the end (End)"));
  m_d->toEnd->setAccessibleName(tr("To the end"));
  m_d->toEnd->hide();
  connect(m_d->toEnd, &QToolButton::clicked, this, [this] { m_d->scrollTo(1e9); });
  connect(&Theme::instance(), &Theme::changed, this, [this] { m_d->restyle(); });
  m_d->restyle();
}

ChatView::~ChatView() = default;

// --- items

void ChatView::setItems(QVector<ChatItem> items) {
  Private& d = *m_d;
  const auto& before = d.document.items();
  qsizetype kept = 0;  // messages of the same path, as when another version of a later one is shown
  while (kept < before.size() && kept < items.size() && before[kept].id == items[kept].id) ++kept;
  Private::Anchor anchor = d.anchor();
  anchor.row = std::min(anchor.row, int(kept));
  d.following = d.following || kept == 0;
  d.document.setItems(std::move(items));
  if (kept == 0 || d.focusedRow > kept || d.focusedRow >= d.document.count())
    d.focusedRow = d.focusedAction = -1;
  d.clearSelection();
  d.changed(anchor);
}

void ChatView::appendItem(ChatItem item) {
  m_d->following = m_d->following || item.role == ChatRole::user;
  m_d->document.append(std::move(item));
  m_d->changed();
}

void ChatView::replaceItem(const ChatItem& item) {
  const int row = m_d->document.rowOf(item.id);
  if (row < 0) return;
  if (m_d->selectionIn(row).length > 0) m_d->clearSelection();
  m_d->document.replace(row, item);
  m_d->changed();
}

void ChatView::removeItemsFrom(qint64 id) {
  const int row = m_d->document.rowOf(id);
  if (row < 0) return;
  m_d->document.removeFrom(row);
  if (m_d->focusedRow >= row) m_d->focusedRow = m_d->focusedAction = -1;
  if (std::max(m_d->selectionAnchor.row, m_d->selectionEnd.row) >= row) m_d->clearSelection();
  m_d->changed();
}

const QVector<ChatItem>& ChatView::items() const { return m_d->document.items(); }

void ChatView::appendTokens(qint64 id, const QVector<ChatToken>& tokens) {
  const int row = m_d->document.rowOf(id);
  if (row < 0 || tokens.isEmpty()) return;
  m_d->document.appendTokens(row, tokens);
  m_d->matchesStale = true;
  m_d->grownRow = row;
  if (!m_d->frame.isActive()) m_d->frame.start(kFrame);
}

void ChatView::finishItem(qint64 id, const QString& footer) {
  const int row = m_d->document.rowOf(id);
  if (row < 0) return;
  m_d->document.finish(row, footer);
  m_d->changed();
  announceFinished(*this, row);
}

void ChatView::setColouring(TokenColouring colouring) {
  m_d->colouring = colouring;
  viewport()->update();
}

TokenColouring ChatView::colouring() const { return m_d->colouring; }

void ChatView::setSelectedToken(qint64 id, int token) {
  m_d->selectedTokenId = id;
  m_d->selectedToken = token;
  viewport()->update();
}

void ChatView::setEmptyText(const QString& markdown) {
  m_d->emptyItem.role = ChatRole::assistant;
  m_d->emptyItem.text = markdown;
  m_d->restyle();
}

int ChatView::laidOutMessages() const { return m_d->document.laidOutRows(); }

// --- layout

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

// --- painting

MessageOverlay ChatView::Private::overlay(int row) const {
  MessageOverlay overlay;
  const ChatItem& item = document.items()[row];
  overlay.tokenStarts = &document.tokenStarts(row);
  overlay.colouring = colouring;
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
