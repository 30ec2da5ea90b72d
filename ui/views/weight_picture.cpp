#include "ui/views/weight_picture.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "ui/theme.h"
#include "ui/views/axes.h"

namespace cutaway {
namespace {

constexpr int kLeastHeight = 24, kMostHeight = 360;  ///< of the image
constexpr int kScaleWidth = 160;

/// "12", or "12–17" where a cell stands for several.
QString places(quint64 cell, quint64 cells, quint64 all) {
  const quint64 first = (cell * all + cells - 1) / cells, last = ((cell + 1) * all + cells - 1) / cells - 1;
  return first == last ? QString::number(first) : QStringLiteral("%1–%2").arg(first).arg(last);
}

}  // namespace

WeightPicture::WeightPicture(QWidget* parent) : QWidget(parent) {
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  connect(&Theme::instance(), &Theme::changed, this, &WeightPicture::draw);
}

void WeightPicture::setImage(WeightImage image, quint64 rows, quint64 columns, bool mean) {
  m_image = std::move(image);
  m_rows = rows;
  m_columns = columns;
  m_mean = mean;
  draw();
  updateGeometry();
}

void WeightPicture::draw() {
  const std::vector<float>& cells = m_mean ? m_image.mean : m_image.strongest;
  m_drawn = {};
  m_most = 0;
  update();
  if (cells.empty() || cells.size() != std::size_t{m_image.rows} * m_image.columns) return;
  for (const float cell : cells)
    if (std::isfinite(cell)) m_most = std::max(m_most, std::abs(cell));
  const ThemeColours& c = Theme::instance().colours();
  m_drawn = QImage(static_cast<int>(m_image.columns), static_cast<int>(m_image.rows), QImage::Format_RGB32);
  for (int row = 0; row < m_drawn.height(); ++row)
    for (int column = 0; column < m_drawn.width(); ++column) {
      const float cell = cells[static_cast<std::size_t>(row * m_drawn.width() + column)];
      const float share = m_most > 0 && std::isfinite(cell) ? std::abs(cell) / m_most : 0;
      m_drawn.setPixelColor(column, row, mixPerceptually(c.panel, cell < 0 ? c.number : c.accent, share));
    }
}

int WeightPicture::heightForWidth(int width) const {
  const int line = 2 * (QFontMetrics(font()).height() + 2);
  if (m_columns == 0) return line + kLeastHeight;
  const double high = static_cast<double>(width) * static_cast<double>(m_rows) / static_cast<double>(m_columns);
  return line + static_cast<int>(std::clamp(high, double{kLeastHeight}, double{kMostHeight}));
}

QRect WeightPicture::area() const {
  const int line = 2 * (QFontMetrics(font()).height() + 2), height = this->height() - line;
  if (m_rows == 0) return {0, 0, width(), height};
  // Tall weights keep their shape; flat ones are given a height that can be seen.
  const double wide = static_cast<double>(height) * static_cast<double>(m_columns) / static_cast<double>(m_rows);
  return {0, 0, static_cast<int>(std::clamp(wide, std::min(double{kLeastHeight}, double(width())), double(width()))), height};
}

QString WeightPicture::describe(QPoint place) const {
  const QRect area = this->area();
  if (m_drawn.isNull() || !area.contains(place)) return {};
  const auto row = static_cast<quint64>((place.y() - area.top()) * m_drawn.height() / area.height());
  const auto column = static_cast<quint64>((place.x() - area.left()) * m_drawn.width() / area.width());
  const float cell = (m_mean ? m_image.mean : m_image.strongest)[row * m_image.columns + column];
  return tr("row %1, column %2: %3").arg(places(row, m_image.rows, m_rows), places(column, m_image.columns, m_columns),
                                         axisNumber(double{cell}));
}

bool WeightPicture::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const QString text = describe(help->pos());
  if (text.isEmpty()) QToolTip::hideText();
  else QToolTip::showText(help->globalPos(), text, this, QRect(help->pos() - QPoint(2, 2), QSize(4, 4)));
  return true;
}

void WeightPicture::paintEvent(QPaintEvent*) {
  if (m_drawn.isNull()) return;
  QPainter painter(this);
  const QRect area = this->area();
  painter.setRenderHint(QPainter::SmoothPixmapTransform, area.width() < m_drawn.width() || area.height() < m_drawn.height());
  painter.drawImage(area, m_drawn);
  const ThemeColours& c = Theme::instance().colours();
  const QFontMetrics metrics(font());
  const int line = metrics.height() + 2, y = area.bottom() + 1 + line;
  painter.setPen(c.mutedText);
  painter.drawText(QRect(0, area.bottom() + 1, width(), line), Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(tr("rows from above, columns from the left"), Qt::ElideRight, width()));
  const QString low = axisNumber(-double{m_most}), high = axisNumber(double{m_most});
  const int begin = metrics.horizontalAdvance(low) + Theme::kGrid / 2;
  const int end = std::min(begin + kScaleWidth, width() - metrics.horizontalAdvance(high) - Theme::kGrid / 2);
  painter.drawText(QRect(0, y, begin, line), Qt::AlignLeft | Qt::AlignVCenter, low);
  painter.drawText(QRect(end + Theme::kGrid / 2, y, width() - end, line), Qt::AlignLeft | Qt::AlignVCenter, high);
  for (int x = begin; x < end; ++x) {
    const float t = 2 * static_cast<float>(x - begin) / static_cast<float>(std::max(end - begin - 1, 1)) - 1;
    painter.fillRect(x, y + line / 4, 1, line / 2, mixPerceptually(c.panel, t < 0 ? c.number : c.accent, std::abs(t)));
  }
}

}  // namespace cutaway
