// The heatmap's drawing half: cells, labels and the scale.
#include <QLocale>
#include <QPainter>
#include <QScrollBar>
#include <algorithm>
#include <cmath>

#include "ui/theme.h"
#include "ui/views/heatmap.h"

namespace cutaway {
namespace {

QString numberText(float value) { return QLocale().toString(double{value}, 'g', 3); }

}  // namespace

QColor Heatmap::colour(float value) const {
  const ThemeColours& c = Theme::instance().colours();
  if (m_data.diverging)
    return mixPerceptually(c.panel, value < 0 ? c.number : c.accent, std::min(std::abs(value) / m_high, 1.0f));
  const float range = m_high - m_low;
  return mixPerceptually(c.accentTint, c.accent, range > 0 ? (value - m_low) / range : 0.5f);
}

void Heatmap::paintEvent(QPaintEvent*) {
  QPainter painter(viewport());
  if (m_data.isEmpty()) return;
  const QRect area = cells();
  paintRowLabels(painter, area);
  paintColumnLabels(painter, area);
  paintCells(painter, area);
  paintScale(painter);
}

void Heatmap::paintCells(QPainter& painter, const QRect& area) const {
  const ThemeColours& c = Theme::instance().colours();
  painter.save();
  painter.setClipRect(area);
  const int firstRow = static_cast<int>(verticalScrollBar()->value() / m_cellHeight);
  const int firstColumn = static_cast<int>(horizontalScrollBar()->value() / m_cellWidth);
  const bool gaps = m_cellWidth >= 8 && m_cellHeight >= 8;
  for (int row = firstRow; row < m_data.rows && cellRect(row, 0).top() <= area.bottom(); ++row)
    for (int column = firstColumn; column < m_data.columns; ++column) {
      const QRect cell = cellRect(row, column);
      if (cell.left() > area.right()) break;
      const float value = m_data.values[static_cast<std::size_t>(row * m_data.columns + column)];
      if (std::isfinite(value)) painter.fillRect(gaps ? cell.adjusted(0, 0, -1, -1) : cell, colour(value));
    }
  painter.setBrush(Qt::NoBrush);
  if (m_hoveredRow >= 0) {
    painter.setPen(c.mutedText);
    painter.drawRect(cellRect(m_hoveredRow, m_hoveredColumn).adjusted(0, 0, -1, -1));
  }
  if (m_row >= 0 || m_column >= 0) {
    const int lastRow = m_row >= 0 ? m_row : m_data.rows - 1, lastColumn = m_column >= 0 ? m_column : m_data.columns - 1;
    const QRect current = cellRect(std::max(m_row, 0), std::max(m_column, 0)).united(cellRect(lastRow, lastColumn));
    painter.setPen(QPen(c.text, hasFocus() ? 2 : 1.5));
    painter.drawRect(QRectF(current).adjusted(0, 0, -1, -1));
  }
  painter.restore();
}

void Heatmap::paintRowLabels(QPainter& painter, const QRect& area) const {
  if (m_data.rowLabels.isEmpty()) return;
  const ThemeColours& c = Theme::instance().colours();
  painter.save();
  painter.setClipRect(QRect(0, area.top(), m_left, area.height()));
  const int first = static_cast<int>(verticalScrollBar()->value() / m_cellHeight);
  for (int row = first; row < std::min<int>(m_data.rows, static_cast<int>(m_data.rowLabels.size())); ++row) {
    const QRect cell = cellRect(row, 0);
    if (cell.top() > area.bottom()) break;
    const QRect place(0, cell.top(), m_left - Theme::kGrid / 2, cell.height());
    QFont label = font();
    if (row == m_row) label.setWeight(QFont::DemiBold);
    painter.setFont(label);
    painter.setPen(row == m_row ? c.text : c.mutedText);
    painter.drawText(place, Qt::AlignRight | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(m_data.rowLabels[row], Qt::ElideMiddle, place.width()));
  }
  painter.restore();
}

void Heatmap::paintColumnLabels(QPainter& painter, const QRect& area) const {
  if (m_data.columnLabels.isEmpty()) return;
  const ThemeColours& c = Theme::instance().colours();
  const QFontMetrics metrics(font());
  painter.save();
  painter.setFont(font());
  painter.setClipRect(QRect(area.left() - m_left, 0, area.width() + m_left, m_top));
  const int widest = m_widestColumn, room = m_upright ? metrics.height() : widest + Theme::kGrid / 2;
  const int every = std::max(1, static_cast<int>(std::ceil(room / m_cellWidth)));
  for (int column = 0; column < std::min<int>(m_data.columns, static_cast<int>(m_data.columnLabels.size())); ++column) {
    const QRect cell = cellRect(0, column);
    if (cell.right() < area.left() || cell.left() > area.right()) continue;
    if (column % every != 0 && column != m_column) continue;
    if (column != m_column && m_column >= 0 && std::abs(column - m_column) < every) continue;  // room for the current one
    painter.setPen(column == m_column ? c.text : c.mutedText);
    painter.save();
    painter.translate(cell.center().x(), m_top - Theme::kGrid / 4);
    if (m_upright) {
      painter.rotate(-90);
      painter.drawText(QRect(0, -metrics.height() / 2, m_top, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                       metrics.elidedText(m_data.columnLabels[column], Qt::ElideRight, m_top - Theme::kGrid / 2));
    } else {
      painter.drawText(QRect(-widest, -metrics.height(), 2 * widest, metrics.height()), Qt::AlignCenter, m_data.columnLabels[column]);
    }
    painter.restore();
  }
  painter.restore();
}

/// Below the cells: the title, the colours from end to end, and what the ends are.
void Heatmap::paintScale(QPainter& painter) const {
  const ThemeColours& c = Theme::instance().colours();
  const QFontMetrics metrics(font());
  const int line = metrics.height() + 2, top = viewport()->height() - 2 * line;
  const int left = cells().left();
  painter.setFont(font());
  painter.setPen(c.mutedText);
  painter.drawText(QRect(left, top, viewport()->width() - left, line), Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(m_data.title, Qt::ElideRight, viewport()->width() - left));
  const bool beyond = m_data.clipped;
  const QString low = beyond && !m_data.diverging ? QStringLiteral("\u2264 ") + numberText(m_low) : numberText(m_low);
  const QString high = beyond ? QStringLiteral("\u2265 ") + numberText(m_high) : numberText(m_high);
  const int y = top + line, gap = Theme::kGrid / 2;
  const int begin = left + metrics.horizontalAdvance(low) + gap;
  const int end = std::min(begin + 20 * Theme::kGrid, viewport()->width() - metrics.horizontalAdvance(high) - gap);
  painter.drawText(QRect(left, y, begin - left, line), Qt::AlignLeft | Qt::AlignVCenter, low);
  painter.drawText(QRect(end + gap, y, viewport()->width() - end, line), Qt::AlignLeft | Qt::AlignVCenter, high);
  for (int x = begin; x < end; ++x) {
    const float t = static_cast<float>(x - begin) / static_cast<float>(std::max(end - begin - 1, 1));
    painter.fillRect(x, y + line / 4, 1, line / 2, colour(m_low + t * (m_high - m_low)));
  }
}

}  // namespace cutaway
