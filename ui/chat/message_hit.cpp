#include <QTextBoundaryFinder>
#include <algorithm>

#include "ui/chat/message_layout.h"

namespace cutaway {

const MessageLayout::Placed* MessageLayout::placedAt(QPointF point) const {
  if (m_placed.empty()) return nullptr;
  const auto after = std::partition_point(m_placed.begin(), m_placed.end(), [&](const Placed& placed) {
    return placed.layout->position.y() - placed.gap / 2 <= point.y();
  });
  return after == m_placed.begin() ? &m_placed.front() : &*std::prev(after);
}

const MessageLayout::Placed* MessageLayout::placedOf(int source) const {
  const Placed* found = nullptr;
  for (const Placed& placed : m_placed) {
    if (placed.layout->boxes().empty()) continue;
    if (found && placed.layout->boxes().front().text().sourceBegin > source) break;
    found = &placed;
  }
  return found;
}

int MessageLayout::sourceAt(QPointF point) const {
  const Placed* placed = placedAt(point);
  if (!placed) return 0;
  if (placed->layout->boxes().empty()) {  // a rule
    const auto i = size_t(placed - m_placed.data());
    return i == 0 || m_placed[i - 1].layout->boxes().empty()
               ? 0
               : m_placed[i - 1].layout->boxes().back().text().sourceEnd;
  }
  const QPointF local = point - placed->layout->position;
  const TextBox& box = placed->layout->boxes()[placed->layout->boxAt(local)];
  return box.text().sourceAt(box.positionAt(local - placed->layout->boxOrigin() - box.position));
}

int MessageLayout::characterAt(QPointF point) const {
  const Placed* placed = placedAt(point);
  if (!placed || placed->layout->boxes().empty()) return -1;
  const QPointF local = point - placed->layout->position;
  if (local.y() < 0 || local.y() >= placed->layout->height) return -1;
  const TextBox& box = placed->layout->boxes()[placed->layout->boxAt(local)];
  const int character = box.characterAt(local - placed->layout->boxOrigin() - box.position);
  return character < 0 ? -1 : box.text().sourceAt(character);
}

bool MessageLayout::isText(QPointF point) const {
  const Placed* placed = placedAt(point);
  if (!placed) return false;
  return QRectF(placed->layout->position, QSizeF(placed->layout->width, placed->layout->height))
             .contains(point) &&
         !placed->layout->boxes().empty();
}

SourceSpan MessageLayout::wordAt(int source) const {
  const Placed* placed = placedOf(source);
  if (!placed) return {};
  const InlineText& text = placed->layout->boxes()[placed->layout->boxOf(source)].text();
  const int at = text.renderedAt(source);
  QTextBoundaryFinder finder(QTextBoundaryFinder::Word, text.text);
  finder.setPosition(at);
  const int begin = int(finder.isAtBoundary() ? at : finder.toPreviousBoundary());
  finder.setPosition(at);
  const int end = int(finder.toNextBoundary());
  if (end <= begin) return {source, 0};
  const int from = text.sourceAt(begin);
  return {from, text.sourceAt(end) - from};
}

SourceSpan MessageLayout::lineAt(int source) const {
  const Placed* placed = placedOf(source);
  if (!placed) return {};
  const InlineText& text = placed->layout->boxes()[placed->layout->boxOf(source)].text();
  return {text.sourceBegin, text.sourceEnd - text.sourceBegin};
}

QVector<QRectF> MessageLayout::rectsOf(int begin, int end) const {
  QVector<QRectF> rects;
  for (const Placed& placed : m_placed) {
    const BlockLayout& layout = *placed.layout;
    const auto [first, last] = layout.boxesIn(begin, end);
    for (size_t i = first; i < last; ++i) {
      const TextBox& box = layout.boxes()[i];
      const SourceSpan range = box.text().renderedRange(begin, end);
      for (const QRectF& rect : box.rectsOf(range.begin, range.length))
        rects << rect.translated(box.position + layout.boxOrigin() + layout.position);
    }
  }
  return rects;
}

int MessageLayout::actionAt(QPointF point) const {
  for (int i = 0; i < m_actions.size(); ++i) {
    if (m_actions[i].action != ChatAction::openLink && m_actions[i].rect.contains(point)) return i;
  }
  const Placed* placed = placedAt(point);
  if (!placed || placed->layout->boxes().empty()) return -1;
  const QPointF local = point - placed->layout->position;
  const TextBox& box = placed->layout->boxes()[placed->layout->boxAt(local)];
  const int character = box.characterAt(local - placed->layout->boxOrigin() - box.position);
  for (const InlineSpan& span : box.text().spans) {
    if (span.link < 0 || character < span.begin || character >= span.begin + span.length) continue;
    for (int i = 0; i < m_actions.size(); ++i)
      if (m_actions[i].link == box.text().links[span.link] && m_actions[i].action == ChatAction::openLink)
        return i;
  }
  return -1;
}

bool MessageLayout::scrollSideways(QPointF point, qreal by) {
  const Placed* placed = placedAt(point);
  if (!placed || !isText(point) || !placed->layout->setScroll(placed->layout->scroll() + by)) return false;
  collectActions(0);  // links have moved
  m_actions << m_footer.actions;
  return true;
}

int MessageLayout::scrollBarAt(QPointF point) const {
  const Placed* placed = placedAt(point);
  if (!placed) return -1;
  const QRectF handle = placed->layout->scrollBar().translated(placed->layout->position);
  return !handle.isNull() && handle.adjusted(-2, -4, 2, 4).contains(point) ? int(placed - m_placed.data())
                                                                           : -1;
}

void MessageLayout::dragScrollBar(int block, qreal by) {
  if (block < 0 || size_t(block) >= m_placed.size()) return;
  BlockLayout& layout = *m_placed[size_t(block)].layout;
  const qreal room = layout.viewport().width() - layout.scrollBar().width();
  if (room > 0) layout.setScroll(layout.scroll() + by * layout.maximumScroll() / room);
  collectActions(0);
  m_actions << m_footer.actions;
}

QString MessageLayout::codeOf(const ChatItem& item, int block) const {
  if (block < 0 || block >= m_parser.blocks().size()) return {};
  QString code;
  for (SourceSpan line : m_parser.linesOf(m_parser.blocks()[block]))
    code += item.text.mid(line.begin, line.length) + u'\n';
  return code;
}

}  // namespace cutaway
