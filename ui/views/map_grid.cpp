#include "ui/views/map_grid.h"

#include <QLocale>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "ui/theme.h"

namespace cutaway {
namespace {

constexpr int kLeastNamed = 24;  ///< pixels of a cell that a letter fits into
constexpr int kLeastSide = 10, kMostSide = 48;

}  // namespace

MapGrid::MapGrid(QWidget* parent) : LayerHeadGrid(parent) {
  setObjectName(QStringLiteral("mapGrid"));
  setAccessibleName(tr("Small maps of every layer and head"));
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

QSize MapGrid::cellHint() const {
  const int side = std::clamp(260 / layers(), kLeastSide, kMostSide);
  return {side, side + kGap};
}

QString MapGrid::describe(int layer, int head) const {
  const QString text = tr("Layer %1, head %2: mean entropy %3 nats")
                           .arg(layer)
                           .arg(head)
                           .arg(QLocale().toString(meanEntropy(layer, head), 'f', 2));
  return name(layer, head).isEmpty() ? text : text + QLatin1Char('\n') + name(layer, head);
}

void MapGrid::paintCell(QPainter& painter, const QRect& place, int layer, int head) {
  if (m_cells == Cells::entropy) {
    const double most = std::log(std::max<double>(2.0, static_cast<double>(m_maps->tokens().size())));
    painter.fillRect(place, QColor(m_colours[static_cast<std::size_t>(std::clamp(meanEntropy(layer, head) / most, 0.0, 1.0) * 255)]));
  } else {
    painter.drawImage(place, m_images[static_cast<std::size_t>(layer * heads() + head)]);
  }
  const ThemeColours& c = Theme::instance().colours();
  painter.setPen(c.hairline);
  painter.drawRect(place.adjusted(0, 0, -1, -1));
  painter.setPen(c.mutedText);  // the upper right corner of a map is empty
  if (place.width() >= kLeastNamed) painter.drawText(place.adjusted(0, 0, -3, 0), Qt::AlignRight | Qt::AlignTop, name(layer, head).left(1));
}

}  // namespace cutaway
