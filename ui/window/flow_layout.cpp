#include "ui/window/flow_layout.h"

namespace cutaway {

QSize FlowLayout::minimumSize() const {
  QSize size;
  for (const QLayoutItem* item : m_items) size = size.expandedTo(item->minimumSize());
  return size;
}

int FlowLayout::arrange(const QRect& rect, bool place) const {
  int y = rect.y();
  qsizetype next = 0;
  while (next < m_items.size()) {
    const qsizetype first = next;
    int width = 0, height = 0;
    for (; next < m_items.size(); ++next) {
      const QSize size = m_items[next]->sizeHint();
      const int wider = width + (next == first ? 0 : spacing()) + size.width();
      if (next > first && wider > rect.width()) break;
      width = wider;
      height = qMax(height, size.height());
    }
    int x = rect.x() + qMax(0, (rect.width() - width) / 2);
    for (qsizetype i = first; place && i < next; ++i) {
      const QSize size = m_items[i]->sizeHint().boundedTo(QSize(rect.width(), height));
      m_items[i]->setGeometry(QRect(QPoint(x, y), size));
      x += size.width() + spacing();
    }
    y += height + spacing();
  }
  return qMax(0, y - spacing() - rect.y());
}

}  // namespace cutaway
