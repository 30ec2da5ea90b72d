#include "ui/table/pareto_plot.h"

#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QSvgRenderer>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "ui/theme.h"

namespace cutaway {
namespace {

constexpr double kReach = 12;  ///< pixels from a point that count as pointing at it
constexpr double kRing = 7;    ///< radius around the current point

}  // namespace

ParetoPlot::ParetoPlot(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ParetoPlot::setPoints(std::vector<ParetoPoint> points, ParetoAxes axes) {
  m_points = std::move(points);
  m_picture = paretoPicture(m_points, axes);
  if (m_current >= std::ssize(m_points)) m_current = -1;
  update();
}

QRectF ParetoPlot::area() const {
  const double scale = std::min(width() / ParetoPicture::kWidth, height() / ParetoPicture::kHeight);
  const QSizeF size(scale * ParetoPicture::kWidth, scale * ParetoPicture::kHeight);
  return {QPointF((width() - size.width()) / 2, (height() - size.height()) / 2), size};
}

QPointF ParetoPlot::placeOf(int point) const {
  const auto& place = m_picture.places[static_cast<std::size_t>(point)];
  if (!place) return {};
  const QRectF plot = area();
  return plot.topLeft() + QPointF(place->x, place->y) * (plot.width() / ParetoPicture::kWidth);
}

int ParetoPlot::pointAt(QPointF place) const {
  int nearest = -1;
  double least = kReach;
  for (int point = 0; point < std::ssize(m_picture.places); ++point) {
    const QPointF at = placeOf(point);
    if (at.isNull()) continue;
    if (const double away = std::hypot(at.x() - place.x(), at.y() - place.y()); away < least) {
      least = away;
      nearest = point;
    }
  }
  return nearest;
}

void ParetoPlot::setCurrent(int point) {
  if (point == m_current) return;
  m_current = point;
  setAccessibleDescription(point >= 0 && m_describe ? m_describe(point) : QString());
  QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
  QAccessible::updateAccessibility(&changed);
  update();
}

void ParetoPlot::choose(int point) {
  setCurrent(point);
  Q_EMIT chosen(point);
}

bool ParetoPlot::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const int point = pointAt(help->pos());
  if (point < 0 || !m_describe) QToolTip::hideText();
  else QToolTip::showText(help->globalPos(), m_describe(point), this);
  return true;
}

void ParetoPlot::mousePressEvent(QMouseEvent* event) {
  const int point = pointAt(event->position());
  if (point < 0 || event->button() != Qt::LeftButton) return QWidget::mousePressEvent(event);
  choose(point);
}

/// From point to point along the axis below.
void ParetoPlot::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
  std::vector<int> drawn;
  for (int point = 0; point < std::ssize(m_picture.places); ++point)
    if (m_picture.places[static_cast<std::size_t>(point)]) drawn.push_back(point);
  if (step == 0 || drawn.empty()) return QWidget::keyPressEvent(event);
  std::ranges::stable_sort(drawn, {}, [this](int point) { return m_points[static_cast<std::size_t>(point)].x; });
  const auto at = std::ranges::find(drawn, m_current);
  const auto last = std::ssize(drawn) - 1;
  const auto next = at == drawn.end() ? 0 : std::clamp<std::ptrdiff_t>(at - drawn.begin() + step, 0, last);
  choose(drawn[static_cast<std::size_t>(next)]);
}

/// The picture in the theme's colours.
QByteArray ParetoPlot::styled() const {
  const ThemeColours& c = Theme::instance().colours();
  const QByteArray accent = c.accent.name().toLatin1(), muted = c.mutedText.name().toLatin1(), text = c.text.name().toLatin1();
  QByteArray svg = QByteArray::fromStdString(m_picture.svg);
  svg.replace("currentColor", text);
  svg.replace("class=\"up\"", "fill=\"" + accent + '"');
  svg.replace("class=\"off\"", "fill=\"" + muted + '"');
  svg.replace("class=\"front\"", "stroke=\"" + accent + '"');
  return svg;
}

void ParetoPlot::paintEvent(QPaintEvent*) {
  if (m_picture.svg.empty()) return;
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  QSvgRenderer(styled()).render(&painter, area());
  if (m_current < 0 || placeOf(m_current).isNull()) return;
  painter.setPen(QPen(Theme::instance().colours().text, 1.5));
  painter.drawEllipse(placeOf(m_current), kRing, kRing);
}

}  // namespace cutaway
