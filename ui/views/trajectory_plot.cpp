#include "ui/views/trajectory_plot.h"

#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "ui/theme.h"
#include "ui/views/axes.h"

namespace cutaway {
namespace {

constexpr double kReach = 14;  ///< pixels from a point that count as pointing at it
constexpr double kDot = 2.6;   ///< radius
constexpr int kTickWidth = 70, kTickHeight = 40;  ///< pixels between two ticks at least

}  // namespace

TrajectoryPlot::TrajectoryPlot(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void TrajectoryPlot::setData(Data data) {
  m_data = std::move(data);
  m_path = std::clamp(m_path, 0, std::max(0, static_cast<int>(m_data.paths.size()) - 1));
  findRange();
  announce();
  update();
}

void TrajectoryPlot::setLayer(int row) {
  if (row == m_row) return;
  m_row = row;
  announce();
  update();
}

void TrajectoryPlot::findRange() {
  double left = INFINITY, right = -INFINITY, low = INFINITY, high = -INFINITY;
  const auto take = [&](const std::vector<QPointF>& places) {
    for (const QPointF& place : places) {
      left = std::min(left, place.x());
      right = std::max(right, place.x());
      low = std::min(low, place.y());
      high = std::max(high, place.y());
    }
  };
  for (const Path& path : m_data.paths) take(path.places);
  if (m_data.paths.empty()) take(m_data.cloud);
  if (!(right >= left && high >= low)) return void(m_range = {0, 0, 1, 1});
  const double width = std::max(right - left, 1e-6), height = std::max(high - low, 1e-6);
  m_range = {left - 0.06 * width, low - 0.06 * height, 1.12 * width, 1.12 * height};
}

QRectF TrajectoryPlot::area() const {
  const QFontMetrics metrics(font());
  const int left = metrics.horizontalAdvance(QStringLiteral("-0.000")) + metrics.height() + Theme::kGrid / 2;
  return QRectF(rect()).adjusted(left, Theme::kGrid / 2, -Theme::kGrid, -2 * metrics.height() - Theme::kGrid / 2);
}

QPointF TrajectoryPlot::placeOf(int path, int row) const {
  const QPointF at = m_data.paths[static_cast<std::size_t>(path)].places[static_cast<std::size_t>(row)];
  const QRectF plot = area();
  return {plot.left() + (at.x() - m_range.left()) / m_range.width() * plot.width(),
          plot.bottom() - (at.y() - m_range.top()) / m_range.height() * plot.height()};
}

std::pair<int, int> TrajectoryPlot::pointAt(QPointF place) const {
  std::pair<int, int> nearest = {-1, -1};
  double least = kReach;
  for (int path = 0; path < static_cast<int>(m_data.paths.size()); ++path)
    for (int row = 0; row < static_cast<int>(m_data.paths[static_cast<std::size_t>(path)].places.size()); ++row) {
      const QPointF away = placeOf(path, row) - place;
      if (const double distance = std::hypot(away.x(), away.y()); distance < least) {
        least = distance;
        nearest = {path, row};
      }
    }
  return nearest;
}

QString TrajectoryPlot::describe(int path, int row) const {
  if (path < 0 || path >= static_cast<int>(m_data.paths.size())) return {};
  const Path& one = m_data.paths[static_cast<std::size_t>(path)];
  if (row < 0 || row >= static_cast<int>(one.places.size()) || row >= m_data.layers.size()) return one.label;
  const QPointF at = one.places[static_cast<std::size_t>(row)];
  return tr("“%1”, %2: %3, %4").arg(one.label, m_data.layers[row], axisNumber(at.x()), axisNumber(at.y()));
}

void TrajectoryPlot::announce() {
  const QString text = describe(m_path, m_row);
  if (text == accessibleDescription()) return;
  setAccessibleDescription(text);
  QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
  QAccessible::updateAccessibility(&changed);
}

bool TrajectoryPlot::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const auto [path, row] = pointAt(help->pos());
  if (path < 0) QToolTip::hideText();
  else QToolTip::showText(help->globalPos(), describe(path, row), this, QRect(help->pos() - QPoint(4, 4), QSize(8, 8)));
  return true;
}

void TrajectoryPlot::mousePressEvent(QMouseEvent* event) {
  const auto [path, row] = pointAt(event->position());
  if (path < 0 || event->button() != Qt::LeftButton) return QWidget::mousePressEvent(event);
  m_path = path;
  setLayer(row);
  Q_EMIT chosen(m_data.paths[static_cast<std::size_t>(path)].token, row);
}

void TrajectoryPlot::keyPressEvent(QKeyEvent* event) {
  const int rows = static_cast<int>(m_data.layers.size()), paths = static_cast<int>(m_data.paths.size());
  const int along = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
  const int across = event->key() == Qt::Key_Down ? 1 : event->key() == Qt::Key_Up ? -1 : 0;
  if ((along == 0 && across == 0) || rows == 0 || paths == 0) return QWidget::keyPressEvent(event);
  m_path = std::clamp(m_path + across, 0, paths - 1);
  setLayer(std::clamp(m_row + along, 0, rows - 1));
  announce();
  update();
  Q_EMIT chosen(m_data.paths[static_cast<std::size_t>(m_path)].token, m_row);
}

void TrajectoryPlot::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  if (m_data.paths.empty()) return;
  paintAxes(painter);
  const ThemeColours& c = Theme::instance().colours();
  const QRectF plot = area();
  painter.save();
  painter.setClipRect(plot);
  painter.setPen(Qt::NoPen);
  painter.setBrush(mixPerceptually(c.panel, c.mutedText, 0.45f));
  for (const QPointF& at : m_data.cloud) {
    const QPointF place(plot.left() + (at.x() - m_range.left()) / m_range.width() * plot.width(),
                        plot.bottom() - (at.y() - m_range.top()) / m_range.height() * plot.height());
    painter.drawEllipse(place, 1, 1);
  }
  painter.restore();
  for (int path = static_cast<int>(m_data.paths.size()) - 1; path >= 0; --path) paintPath(painter, path);
}

void TrajectoryPlot::paintAxes(QPainter& painter) const {
  const ThemeColours& c = Theme::instance().colours();
  const QFontMetrics metrics(font());
  const QRectF plot = area();
  const int line = metrics.height();
  for (const double tick : axisTicks(m_range.left(), m_range.right(), static_cast<int>(plot.width()) / kTickWidth)) {
    const double x = plot.left() + (tick - m_range.left()) / m_range.width() * plot.width();
    painter.setPen(c.hairline);
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
    painter.setPen(c.mutedText);
    painter.drawText(QRectF(x - kTickWidth / 2.0, plot.bottom() + 1, kTickWidth, line), Qt::AlignCenter, axisNumber(tick));
  }
  for (const double tick : axisTicks(m_range.top(), m_range.bottom(), static_cast<int>(plot.height()) / kTickHeight)) {
    const double y = plot.bottom() - (tick - m_range.top()) / m_range.height() * plot.height();
    painter.setPen(c.hairline);
    painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
    painter.setPen(c.mutedText);
    painter.drawText(QRectF(line, y - line / 2.0, plot.left() - line - 4, line), Qt::AlignRight | Qt::AlignVCenter, axisNumber(tick));
  }
  painter.drawText(QRectF(plot.left(), plot.bottom() + line, plot.width(), line + 2), Qt::AlignCenter, m_data.xTitle);
  painter.save();
  painter.translate(0, plot.bottom());
  painter.rotate(-90);
  painter.drawText(QRectF(0, 0, plot.height(), line), Qt::AlignCenter, m_data.yTitle);
  painter.restore();
}

/// From a ring at the embedding to a dot at the last layer, with the word beside it.
void TrajectoryPlot::paintPath(QPainter& painter, int path) const {
  const ThemeColours& c = Theme::instance().colours();
  const Path& one = m_data.paths[static_cast<std::size_t>(path)];
  const QColor colour = path == 0 ? c.accent : c.mutedText;
  const int rows = static_cast<int>(one.places.size());
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(colour, path == 0 ? 1.8 : 1));
  for (int row = 0; row + 1 < rows; ++row) painter.drawLine(placeOf(path, row), placeOf(path, row + 1));
  for (int row = 0; row < rows; ++row) {
    painter.setBrush(row == 0 ? c.panel : colour);
    const double radius = row == 0 || row + 1 == rows ? kDot + 1 : kDot;
    painter.drawEllipse(placeOf(path, row), radius, radius);
  }
  if (rows == 0) return;
  if (m_row >= 0 && m_row < rows) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(c.text, 1.5));
    painter.drawEllipse(placeOf(path, m_row), kDot + 4, kDot + 4);
  }
  const QFontMetrics metrics(font());
  const QString label = metrics.elidedText(one.label, Qt::ElideRight, 15 * Theme::kGrid);
  const QPointF last = placeOf(path, rows - 1);
  const bool before = last.x() + metrics.horizontalAdvance(label) + 10 > width();
  painter.setPen(path == 0 ? c.text : c.mutedText);
  painter.drawText(QPointF(before ? last.x() - metrics.horizontalAdvance(label) - 8 : last.x() + 8, last.y() - 4), label);
}

}  // namespace cutaway
