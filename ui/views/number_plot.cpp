#include "ui/views/number_plot.h"

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

constexpr int kTickWidth = 64, kTickHeight = 32;  ///< pixels between two ticks at least
constexpr double kMostDecades = 6;                ///< shown below the largest number

}  // namespace

NumberPlot::NumberPlot(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void NumberPlot::setData(Data data) {
  m_data = std::move(data);
  double least = 0, most = 0;
  bool none = true;
  for (const double value : m_data.values) {
    if (!std::isfinite(value) || (m_data.logarithmic && value <= 0)) continue;
    least = none ? value : std::min(least, value);
    most = none ? value : std::max(most, value);
    none = false;
  }
  if (m_data.logarithmic) {
    m_high = none ? 1 : std::log10(most) + 0.05;
    m_low = none ? 0 : std::max(std::log10(least), m_high - kMostDecades) - (m_data.bars ? 0.3 : 0.05);
  } else {
    m_low = std::min(least, 0.0);
    m_high = most > m_low ? most : m_low + 1;
  }
  m_current = std::min(m_current, static_cast<int>(m_data.values.size()) - 1);
  setCurrent(m_current);
  update();
}

void NumberPlot::setCurrent(int index) {
  m_current = index;
  const QString text = index >= 0 && m_describe ? m_describe(index) : QString();
  if (text != accessibleDescription()) {
    setAccessibleDescription(text);
    QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&changed);
  }
  update();
}

QRectF NumberPlot::area() const {
  const QFontMetrics metrics(font());
  const int left = metrics.horizontalAdvance(QStringLiteral("8.88e+08")) + metrics.height() + Theme::kGrid / 2;
  return QRectF(rect()).adjusted(left, Theme::kGrid / 2, -2 * Theme::kGrid, -2 * metrics.height() - Theme::kGrid / 2);
}

double NumberPlot::height(double value) const {
  if (!std::isfinite(value) || (m_data.logarithmic && value <= 0)) return 0;
  const double at = m_data.logarithmic ? std::log10(value) : value;
  return std::clamp((at - m_low) / (m_high - m_low), 0.0, 1.0);
}

QRectF NumberPlot::column(int index) const {
  const QRectF plot = area();
  const double width = plot.width() / static_cast<double>(std::max<std::size_t>(m_data.values.size(), 1));
  const double tall = height(m_data.values[static_cast<std::size_t>(index)]) * plot.height();
  return {plot.left() + index * width, plot.bottom() - tall, width, tall};
}

int NumberPlot::indexAt(QPointF place) const {
  const QRectF plot = area();
  if (m_data.values.empty() || !plot.contains(place)) return -1;
  const auto count = static_cast<int>(m_data.values.size());
  return std::clamp(static_cast<int>((place.x() - plot.left()) / plot.width() * count), 0, count - 1);
}

bool NumberPlot::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const int index = indexAt(help->pos());
  if (index < 0 || !m_describe) QToolTip::hideText();
  else QToolTip::showText(help->globalPos(), m_describe(index), this, QRect(help->pos() - QPoint(2, 2), QSize(4, 4)));
  return true;
}

void NumberPlot::mousePressEvent(QMouseEvent* event) { setCurrent(indexAt(event->position())); }

void NumberPlot::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
  if (step == 0 || m_data.values.empty()) return QWidget::keyPressEvent(event);
  setCurrent(std::clamp(m_current + step, 0, static_cast<int>(m_data.values.size()) - 1));
}

void NumberPlot::paintEvent(QPaintEvent*) {
  if (m_data.values.empty()) return;
  QPainter painter(this);
  const QRectF plot = area();
  paintAxes(painter, plot);
  paintNumbers(painter, plot);
  if (m_current < 0) return;
  painter.setPen(QPen(Theme::instance().colours().text, 1));
  const double x = column(m_current).center().x();
  painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
}

void NumberPlot::paintAxes(QPainter& painter, const QRectF& plot) const {
  const ThemeColours& c = Theme::instance().colours();
  const QFontMetrics metrics(font());
  const int line = metrics.height();
  const double left = m_data.left < m_data.right ? m_data.left : 0;
  const double right = m_data.left < m_data.right ? m_data.right : static_cast<double>(m_data.values.size());
  for (const double tick : axisTicks(left, right, static_cast<int>(plot.width()) / kTickWidth)) {
    const double x = plot.left() + (tick - left) / (right - left) * plot.width();
    painter.setPen(c.hairline);
    painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 3));
    painter.setPen(c.mutedText);
    painter.drawText(QRectF(x - kTickWidth / 2.0, plot.bottom() + 2, kTickWidth, line), Qt::AlignCenter, axisNumber(tick));
  }
  for (const double tick : axisTicks(m_low, m_high, static_cast<int>(plot.height()) / kTickHeight)) {
    if (m_data.logarithmic && m_high - m_low > 1.5 && tick != std::floor(tick)) continue;  // whole powers alone
    const double y = plot.bottom() - (tick - m_low) / (m_high - m_low) * plot.height();
    painter.setPen(c.hairline);
    painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
    painter.setPen(c.mutedText);
    painter.drawText(QRectF(line, y - line / 2.0, plot.left() - line - 4, line), Qt::AlignRight | Qt::AlignVCenter,
                     axisNumber(m_data.logarithmic ? std::pow(10.0, tick) : tick));
  }
  painter.setPen(c.hairline);
  painter.drawLine(plot.bottomLeft(), plot.bottomRight());
  painter.setPen(c.mutedText);
  painter.drawText(QRectF(plot.left(), plot.bottom() + line, plot.width(), line + 2), Qt::AlignCenter, m_data.xTitle);
  painter.save();
  painter.translate(0, plot.bottom());
  painter.rotate(-90);
  painter.drawText(QRectF(0, 0, plot.height(), line), Qt::AlignCenter, m_data.yTitle);
  painter.restore();
}

void NumberPlot::paintNumbers(QPainter& painter, const QRectF& plot) const {
  const ThemeColours& c = Theme::instance().colours();
  const auto count = static_cast<int>(m_data.values.size());
  if (m_data.bars) {
    for (int i = 0; i < count; ++i) {
      const QRectF bar = column(i);
      painter.fillRect(bar.adjusted(0, 0, bar.width() > 3 ? -1 : 0, 0), c.accent);
    }
    return;
  }
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(c.accent, 1.6));
  QPolygonF line;
  for (int i = 0; i < count; ++i)
    if (std::isfinite(m_data.values[static_cast<std::size_t>(i)])) line << QPointF(column(i).center().x(), column(i).top());
  painter.drawPolyline(line);
  if (plot.width() / count < 6) return;
  painter.setBrush(c.accent);
  for (const QPointF& point : line) painter.drawEllipse(point, 2.2, 2.2);
}

}  // namespace cutaway
