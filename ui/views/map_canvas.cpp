#include "ui/views/map_canvas.h"

#include <QKeyEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "ui/theme.h"

namespace cutaway {
namespace {

constexpr double kMostPixels = 40;  ///< of a token
constexpr double kStep = 1.25;      ///< of a zoom
constexpr int kDragBegins = 4;      ///< pixels

}  // namespace

MapCanvas::MapCanvas(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("mapCanvas"));
  setAccessibleName(tr("Map of attention"));
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Expanding);
  connect(&Theme::instance(), &Theme::changed, this, &MapCanvas::restyle);
  restyle();
}

void MapCanvas::setSource(TileSource* source) {
  m_source = source;
  connect(source, &TileSource::changed, this, [this] {
    if (m_fitted) fit();  // the text may have become longer
    update();
  });
  connect(source, &TileSource::replaced, this, [this] {
    m_row = m_key = -1;
    hover(-1, -1);
    fit();
    restyle();
  });
  fit();
}

void MapCanvas::restyle() {
  m_colours = weightColours();
  m_images.clear();
  m_live.clear();
  update();
}

void MapCanvas::setScale(Scale scale) {
  m_scale = scale;
  restyle();
}

void MapCanvas::setWithoutSink(bool without) {
  m_withoutSink = without;
  restyle();
}

void MapCanvas::setCurrent(int row, int key) {
  if (row == m_row && key == m_key) return;
  m_row = row;
  m_key = key;
  update();
}

QRect MapCanvas::mapArea() const {
  const int line = fontMetrics().height();
  const int axis = std::min(fontMetrics().horizontalAdvance(QStringLiteral("a long token")), width() / 4);
  return rect().adjusted(axis + Theme::kGrid / 2, axis * 2 / 3 + Theme::kGrid / 2, 0, -(line + 2 * Theme::kGrid));
}

double MapCanvas::fittingPixels() const {
  const int tokens = m_source ? m_source->tokens() : 0;
  const QRect area = mapArea();
  return tokens > 0 ? std::min(kMostPixels, static_cast<double>(std::max(1, std::min(area.width(), area.height()))) / tokens) : 1;
}

void MapCanvas::fit() {
  m_pixels = fittingPixels();
  m_origin = {};
  m_fitted = true;
  update();
}

void MapCanvas::zoom(double factor, QPointF around) {
  const QPointF place = around - QPointF(mapArea().topLeft());
  const QPointF token = m_origin + place / m_pixels;
  const double fitting = fittingPixels();
  m_pixels = std::clamp(m_pixels * factor, fitting, std::max(fitting, kMostPixels));
  m_fitted = m_pixels <= fitting;
  m_origin = token - place / m_pixels;
  clamp();
}

void MapCanvas::pan(QPointF pixels) {
  m_origin -= pixels / m_pixels;
  clamp();
}

void MapCanvas::clamp() {
  const int tokens = m_source ? m_source->tokens() : 0;
  const QRect area = mapArea();
  m_origin.setX(std::clamp(m_origin.x(), 0.0, std::max(0.0, tokens - area.width() / m_pixels)));
  m_origin.setY(std::clamp(m_origin.y(), 0.0, std::max(0.0, tokens - area.height() / m_pixels)));
  update();
}

std::pair<int, int> MapCanvas::cellAt(QPointF place) const {
  if (!m_source || !mapArea().contains(place.toPoint())) return {-1, -1};
  const QPointF token = m_origin + (place - QPointF(mapArea().topLeft())) / m_pixels;
  const int row = static_cast<int>(token.y()), key = static_cast<int>(token.x());
  if (row >= m_source->tokens() || key > row) return {-1, -1};
  return {row, key};
}

QRectF MapCanvas::rectOf(int firstRow, int rows, int firstKey, int keys) const {
  const QPointF corner = QPointF(mapArea().topLeft()) + (QPointF(firstKey, firstRow) - m_origin) * m_pixels;
  return {corner, QSizeF(keys * m_pixels, rows * m_pixels)};
}

void MapCanvas::hover(int row, int key) {
  if (row == m_hoveredRow && key == m_hoveredKey) return;
  m_hoveredRow = row;
  m_hoveredKey = key;
  update();
  Q_EMIT hovered(row, key);
}

void MapCanvas::resizeEvent(QResizeEvent*) {
  if (m_fitted) return fit();
  zoom(1, QPointF(mapArea().topLeft()));
}

void MapCanvas::wheelEvent(QWheelEvent* event) {
  zoom(std::pow(kStep, event->angleDelta().y() / 120.0), event->position());
  event->accept();
}

void MapCanvas::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return QWidget::mousePressEvent(event);
  m_pressed = m_dragged = event->position();
  m_dragging = false;
}

void MapCanvas::mouseMoveEvent(QMouseEvent* event) {
  if (event->buttons() & Qt::LeftButton) {
    m_dragging |= (event->position() - m_pressed).manhattanLength() >= kDragBegins;
    if (!m_dragging) return;
    pan(event->position() - m_dragged);
    m_dragged = event->position();
    return;
  }
  const auto [row, key] = cellAt(event->position());
  hover(row, key);
}

void MapCanvas::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || m_dragging) return;
  const auto [row, key] = cellAt(event->position());
  if (row < 0) return;
  setCurrent(row, key);
  Q_EMIT chosen(row, key);
}

void MapCanvas::leaveEvent(QEvent*) { hover(-1, -1); }

void MapCanvas::keyPressEvent(QKeyEvent* event) {
  const QPointF centre = QRectF(mapArea()).center();
  const double step = mapArea().width() / 8.0;
  const bool moves = event->modifiers() & Qt::ControlModifier;
  const int last = m_source ? m_source->tokens() - 1 : -1;
  const auto move = [&](int rows, int keys) {
    if (!moves || last < 0) return pan(QPointF(-keys, -rows) * step);
    const int row = std::clamp(std::max(m_row, 0) + rows, 0, last), key = std::clamp(std::max(m_key, 0) + keys, 0, row);
    setCurrent(row, key);
    Q_EMIT chosen(row, key);
  };
  switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal: return zoom(kStep, centre);
    case Qt::Key_Minus: return zoom(1 / kStep, centre);
    case Qt::Key_Home:
    case Qt::Key_0: return fit();
    case Qt::Key_Left: return move(0, -1);
    case Qt::Key_Right: return move(0, 1);
    case Qt::Key_Up: return move(-1, 0);
    case Qt::Key_Down: return move(1, 0);
    default: QWidget::keyPressEvent(event);
  }
}

}  // namespace cutaway
