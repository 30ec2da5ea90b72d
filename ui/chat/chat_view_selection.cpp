#include <QClipboard>
#include <QGuiApplication>
#include <QMimeData>
#include <algorithm>

#include "ui/chat/chat_view_private.h"

namespace cutaway {

SourceSpan ChatView::Private::selectionIn(int row) const {
  const ChatMark from = std::min(selectionAnchor, selectionEnd), to = std::max(selectionAnchor, selectionEnd);
  if (from.row < 0 || row < from.row || row > to.row || row >= document.count()) return {};
  const int begin = row == from.row ? from.source : 0;
  const int end = row == to.row ? to.source : int(document.items()[row].text.size());
  return {begin, std::max(0, end - begin)};
}

void ChatView::Private::select(const ChatMark& from, const ChatMark& to) {
  selectionAnchor = from;
  selectionEnd = to;
  q->viewport()->update();
}

void ChatView::Private::selectRows(int from, int to) {
  if (from > to)
    select({from, int(document.items()[from].text.size())}, {to, 0});
  else
    select({from, 0}, {to, int(document.items()[to].text.size())});
}

void ChatView::Private::clearSelection() { select({}, {}); }

bool ChatView::hasSelection() const {
  return m_d->selectionAnchor.row >= 0 && m_d->selectionAnchor != m_d->selectionEnd;
}

QString ChatView::selectedText() const {
  QStringList parts;
  for (int row = 0; row < m_d->document.count(); ++row) {
    const SourceSpan span = m_d->selectionIn(row);
    if (span.length > 0) parts << plainText(items()[row], span.begin, span.end());
  }
  return parts.join(QStringLiteral("\n\n"));
}

void ChatView::copySelection() {
  if (!hasSelection()) return;
  QStringList sources;
  for (int row = 0; row < m_d->document.count(); ++row) {
    const SourceSpan span = m_d->selectionIn(row);
    if (span.length > 0) sources << items()[row].text.mid(span.begin, span.length);
  }
  auto* copied = new QMimeData;
  copied->setText(selectedText());
  copied->setData(QStringLiteral("text/markdown"), sources.join(QStringLiteral("\n\n")).toUtf8());
  QGuiApplication::clipboard()->setMimeData(copied);
}

void ChatView::selectAll() {
  if (m_d->document.count() > 0) m_d->selectRows(0, m_d->document.count() - 1);
}

void ChatView::Private::refreshMatches() {
  matches.clear();
  if (!needle.isEmpty())
    for (int row = 0; row < document.count(); ++row)
      for (SourceSpan match : document.rendered(row).find(needle)) matches << std::pair{row, match};
  matchesStale = false;
}

int ChatView::find(const QString& text, int current) {
  if (text != m_d->needle || m_d->matchesStale) {
    m_d->needle = text;
    m_d->refreshMatches();
  }
  const int count = int(m_d->matches.size());
  m_d->currentMatch = count > 0 ? ((current % count) + count) % count : -1;
  if (count > 0) m_d->showMatch(m_d->currentMatch);
  viewport()->update();
  return count;
}

void ChatView::Private::showMatch(int index) {
  const auto [row, span] = matches[index];
  if (grownRow == row) drawFrame();
  const auto rects = document.layout(row).rectsOf(span.begin, span.end());
  following = false;
  arrange();
  reveal(row, rects.isEmpty() ? QRectF(0, 0, 1, 1) : rects.first());
}

}  // namespace cutaway
