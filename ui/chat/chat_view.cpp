#include "ui/chat/chat_view.h"

#include <QToolButton>
#include <algorithm>

#include "ui/chat/chat_accessible.h"
#include "ui/chat/chat_view_private.h"
#include "ui/chat/quiet_scroll_bar.h"

namespace cutaway {

namespace {
constexpr int kFrame = 16;  // ms
}

ChatView::Private::Private(ChatView* view) : q(view) {
  for (QTimer* timer : {&frame, &tipDelay, &copiedFlash}) timer->setSingleShot(true);
  dragScroll.setInterval(30);
  connect(&frame, &QTimer::timeout, q, [this] { drawFrame(); });
  connect(&tipDelay, &QTimer::timeout, q, [this] {
    if (hoveredToken >= 0 && press == Press::none) showTip(hoveredRow, hoveredToken);
  });
  connect(&dragScroll, &QTimer::timeout, q, [this] { dragSelection(); });
  connect(&copiedFlash, &QTimer::timeout, q, [this] { flashCopied(-1, -1); });
}

ChatView::ChatView(QWidget* parent) : QAbstractScrollArea(parent), m_d(std::make_unique<Private>(this)) {
  installChatAccessibility();
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Conversation"));
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setVerticalScrollBar(new QuietScrollBar(this));
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
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

void ChatView::setTokenWeights(const QHash<qint64, TokenWeights>& weights) {
  m_d->weights = weights;
  if (showsWeights(m_d->colouring)) viewport()->update();
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

}  // namespace cutaway
