#include "ui/views/map_grid.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "ui/theme.h"

namespace cutaway {
namespace {

constexpr int kMargin = 22, kGap = 2;
constexpr int kLeastNamed = 24;  ///< pixels of a cell that a letter fits into
constexpr int kLeastSide = 10, kMostSide = 48;

}  // namespace

MapGrid::MapGrid(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("mapGrid"));
  setAccessibleName(tr("Small maps of every layer and head"));
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  connect(&Theme::instance(), &Theme::changed, this, &MapGrid::drawAll);
}

void MapGrid::setMaps(std::shared_ptr<const AttentionMap> maps) {
  m_maps = maps && !maps->tiles().empty() ? std::move(maps) : nullptr;
  drawAll();
  updateGeometry();
}

void MapGrid::setWithoutSink(bool without) {
  m_withoutSink = without;
  drawAll();
}

void MapGrid::setCells(Cells cells) {
  m_cells = cells;
  update();
}

void MapGrid::setCurrent(int layer, int head) {
  m_layer = layer;
  m_head = head;
  setAccessibleDescription(describe(layer, head));
  update();
}

void MapGrid::setNames(const QStringList& names) {
  m_names = names;
  update();
}

double MapGrid::meanEntropy(int layer, int head) const {
  const MapTile& tile = m_maps->tiles()[static_cast<std::size_t>(layer)];
  const auto first = tile.entropy.begin() + head * static_cast<std::ptrdiff_t>(tile.height);
  return std::accumulate(first, first + tile.height, 0.0) / tile.height;
}

/// Each head against its own largest weight; the square root tells a hundredth from nothing.
QImage MapGrid::draw(const MapTile& tile, std::size_t head) const {
  static constexpr float kLeastTop = 1e-6f;
  QImage image(static_cast<int>(tile.width), static_cast<int>(tile.height), QImage::Format_RGB32);
  const auto weight = [&](std::uint32_t y, std::uint32_t x) {
    return m_withoutSink && x == 0 ? tile.firstWithoutSink[head * tile.height + y] : tile.at(head, y, x);
  };
  float top = kLeastTop;
  for (std::uint32_t y = tile.height / 8; y < tile.height; ++y)  // the first tokens have few others to look at
    for (std::uint32_t x = 0; x < tile.width; ++x) top = std::max(top, weight(y, x));
  for (std::uint32_t y = 0; y < tile.height; ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(static_cast<int>(y)));
    for (std::uint32_t x = 0; x < tile.width; ++x)
      line[x] = m_colours[static_cast<std::size_t>(std::sqrt(std::min(1.0f, weight(y, x) / top)) * 255.0f)];
  }
  return image;
}

void MapGrid::drawAll() {
  m_images.clear();
  m_colours = weightColours();
  if (m_maps)
    for (const MapTile& tile : m_maps->tiles())
      for (std::size_t head = 0; head < tile.heads.size(); ++head) m_images.push_back(draw(tile, head));
  update();
}

QSize MapGrid::sizeHint() const {
  if (!m_maps) return {0, 0};
  const int side = std::clamp(260 / layers(), kLeastSide, kMostSide);
  return {kMargin + heads() * side, kMargin + layers() * (side + kGap)};
}

QRect MapGrid::cell(int layer, int head) const {
  const int left = kMargin + (width() - kMargin) * head / heads(), right = kMargin + (width() - kMargin) * (head + 1) / heads();
  const int top = kMargin + (height() - kMargin) * layer / layers(), bottom = kMargin + (height() - kMargin) * (layer + 1) / layers();
  return {left, top, qMax(1, right - left - kGap), qMax(1, bottom - top - kGap)};
}

std::pair<int, int> MapGrid::headAt(QPoint place) const {
  if (!m_maps || place.x() < kMargin || place.y() < kMargin || !rect().contains(place)) return {-1, -1};
  const int head = (place.x() - kMargin) * heads() / qMax(1, width() - kMargin);
  const int layer = (place.y() - kMargin) * layers() / qMax(1, height() - kMargin);
  return {qMin(layer, layers() - 1), qMin(head, heads() - 1)};
}

QString MapGrid::describe(int layer, int head) const {
  if (!m_maps || layer < 0 || layer >= layers() || head < 0 || head >= heads()) return {};
  const QString text = tr("Layer %1, head %2: mean entropy %3 nats")
                           .arg(layer)
                           .arg(head)
                           .arg(QLocale().toString(meanEntropy(layer, head), 'f', 2));
  return name(layer, head).isEmpty() ? text : text + QLatin1Char('\n') + name(layer, head);
}

bool MapGrid::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const auto [layer, head] = headAt(help->pos());
  layer < 0 ? QToolTip::hideText() : QToolTip::showText(help->globalPos(), describe(layer, head), this, cell(layer, head));
  return true;
}

void MapGrid::paintEvent(QPaintEvent*) {
  if (!m_maps) return;
  QPainter painter(this);
  const ThemeColours& c = Theme::instance().colours();
  QFont small = font();
  small.setPointSizeF(small.pointSizeF() * 0.8);
  painter.setFont(small);
  painter.setPen(c.mutedText);
  const int everyLayer = qMax(1, 14 * layers() / qMax(1, height() - kMargin)), everyHead = qMax(1, 18 * heads() / qMax(1, width() - kMargin));
  for (int layer = 0; layer < layers(); layer += everyLayer)
    painter.drawText(QRect(0, cell(layer, 0).center().y() - 8, kMargin - 4, 16), Qt::AlignRight | Qt::AlignVCenter, QString::number(layer));
  for (int head = 0; head < heads(); head += everyHead)
    painter.drawText(QRect(cell(0, head).center().x() - 12, 0, 24, kMargin - 4), Qt::AlignHCenter | Qt::AlignBottom, QString::number(head));
  const double most = std::log(std::max<double>(2.0, static_cast<double>(m_maps->tokens().size())));
  for (int layer = 0; layer < layers(); ++layer)
    for (int head = 0; head < heads(); ++head) {
      const auto share = static_cast<std::size_t>(std::clamp(meanEntropy(layer, head) / most, 0.0, 1.0) * 255);
      if (m_cells == Cells::entropy) painter.fillRect(cell(layer, head), QColor(m_colours[share]));
      else painter.drawImage(cell(layer, head), m_images[static_cast<std::size_t>(layer * heads() + head)]);
    }
  painter.setPen(c.hairline);
  painter.setBrush(Qt::NoBrush);
  for (int layer = 0; layer < layers(); ++layer)
    for (int head = 0; head < heads(); ++head) painter.drawRect(cell(layer, head).adjusted(0, 0, -1, -1));
  painter.setPen(c.mutedText);
  if (cell(0, 0).width() >= kLeastNamed)  // the upper right corner of a map is empty
    for (int layer = 0; layer < layers(); ++layer)
      for (int head = 0; head < heads(); ++head)
        painter.drawText(cell(layer, head).adjusted(0, 0, -3, 0), Qt::AlignRight | Qt::AlignTop, name(layer, head).left(1));
  if (m_layer < 0 || m_layer >= layers() || m_head < 0 || m_head >= heads()) return;
  painter.setPen(QPen(c.text, 2));
  painter.drawRect(cell(m_layer, m_head).adjusted(-1, -1, 1, 1));
}

void MapGrid::mousePressEvent(QMouseEvent* event) {
  const auto [layer, head] = headAt(event->position().toPoint());
  if (layer < 0) return QWidget::mousePressEvent(event);
  Q_EMIT headChosen(layer, head);
}

void MapGrid::keyPressEvent(QKeyEvent* event) {
  static constexpr struct {
    int key, layers, heads;
  } kMoves[] = {{Qt::Key_Up, -1, 0}, {Qt::Key_Down, 1, 0}, {Qt::Key_Left, 0, -1}, {Qt::Key_Right, 0, 1}};
  const auto* move = std::ranges::find(kMoves, event->key(), [](const auto& m) { return m.key; });
  if (!m_maps || move == std::end(kMoves)) return QWidget::keyPressEvent(event);
  Q_EMIT headChosen(qBound(0, m_layer + move->layers, layers() - 1), qBound(0, m_head + move->heads, heads() - 1));
}

}  // namespace cutaway
