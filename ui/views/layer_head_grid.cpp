#include "ui/views/layer_head_grid.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

#include "ui/theme.h"

namespace cutaway {
namespace {
constexpr int kNumberHeight = 14, kNumberWidth = 18;  // pixels; denser numbers would touch
}  // namespace

LayerHeadGrid::LayerHeadGrid(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}

void LayerHeadGrid::setCurrent(int layer, int head) {
  m_layer = layer;
  m_head = head;
  setAccessibleDescription(has(layer, head) ? describe(layer, head) : QString());
  update();
}

QSize LayerHeadGrid::sizeHint() const {
  if (layers() == 0) return {0, 0};
  return {kMargin + heads() * cellHint().width(), kMargin + layers() * cellHint().height()};
}

QRect LayerHeadGrid::cell(int layer, int head) const {
  const int left = kMargin + (width() - kMargin) * head / heads(), right = kMargin + (width() - kMargin) * (head + 1) / heads();
  const int top = kMargin + (height() - kMargin) * layer / layers(), bottom = kMargin + (height() - kMargin) * (layer + 1) / layers();
  return {left, top, qMax(1, right - left - kGap), qMax(1, bottom - top - kGap)};
}

std::pair<int, int> LayerHeadGrid::headAt(QPoint place) const {
  if (layers() == 0 || place.x() < kMargin || place.y() < kMargin || !rect().contains(place)) return {-1, -1};
  const int head = (place.x() - kMargin) * heads() / qMax(1, width() - kMargin);
  const int layer = (place.y() - kMargin) * layers() / qMax(1, height() - kMargin);
  return {qMin(layer, layers() - 1), qMin(head, heads() - 1)};
}

bool LayerHeadGrid::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const auto [layer, head] = headAt(help->pos());
  layer < 0 ? QToolTip::hideText() : QToolTip::showText(help->globalPos(), describe(layer, head), this, cell(layer, head));
  return true;
}

void LayerHeadGrid::paintNumbers(QPainter& painter) {
  const int everyLayer = qMax(1, kNumberHeight * layers() / qMax(1, height() - kMargin));
  const int everyHead = qMax(1, kNumberWidth * heads() / qMax(1, width() - kMargin));
  for (int layer = 0; layer < layers(); layer += everyLayer)
    painter.drawText(QRect(0, cell(layer, 0).center().y() - 8, kMargin - 4, 16), Qt::AlignRight | Qt::AlignVCenter, QString::number(layer));
  for (int head = 0; head < heads(); head += everyHead)
    painter.drawText(QRect(cell(0, head).center().x() - 12, 0, 24, kMargin - 4), Qt::AlignHCenter | Qt::AlignBottom, QString::number(head));
}

void LayerHeadGrid::paintEvent(QPaintEvent*) {
  if (layers() == 0) return;
  QPainter painter(this);
  const ThemeColours& c = Theme::instance().colours();
  QFont small = font();
  small.setPointSizeF(small.pointSizeF() * 0.8);
  painter.setFont(small);
  painter.setPen(c.mutedText);
  paintNumbers(painter);
  for (int layer = 0; layer < layers(); ++layer)
    for (int head = 0; head < heads(); ++head) paintCell(painter, cell(layer, head), layer, head);
  if (!has(m_layer, m_head)) return;
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(c.text, 2));
  painter.drawRect(cell(m_layer, m_head).adjusted(-1, -1, 1, 1));
}

void LayerHeadGrid::mousePressEvent(QMouseEvent* event) {
  const auto [layer, head] = headAt(event->position().toPoint());
  if (layer < 0) return QWidget::mousePressEvent(event);
  const bool clears = clearsWhenChosenAgain() && layer == m_layer && head == m_head;
  Q_EMIT headChosen(clears ? -1 : layer, clears ? -1 : head);
}

void LayerHeadGrid::keyPressEvent(QKeyEvent* event) {
  static constexpr struct {
    int key, layers, heads;
  } kMoves[] = {{Qt::Key_Up, -1, 0}, {Qt::Key_Down, 1, 0}, {Qt::Key_Left, 0, -1}, {Qt::Key_Right, 0, 1}};
  const auto* move = std::ranges::find(kMoves, event->key(), [](const auto& m) { return m.key; });
  if (layers() == 0 || move == std::end(kMoves)) return QWidget::keyPressEvent(event);
  Q_EMIT headChosen(qBound(0, m_layer + move->layers, layers() - 1), qBound(0, m_head + move->heads, heads() - 1));
}

}  // namespace cutaway
