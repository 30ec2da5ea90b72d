// The map's drawing half: tiles, axes, marks and the scale. A frame draws ready images; new tiles are coloured once.
#include <QLocale>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "ui/chat/token_tip.h"
#include "ui/theme.h"
#include "ui/views/map_canvas.h"

namespace cutaway {
namespace {

constexpr std::size_t kMostImages = 96;  ///< 24 MiB
constexpr double kLeastLogarithm = -4;

/// 1, 2 or 5 times a power of ten.
int niceStep(double least) {
  for (int power = 1;; power *= 10)
    for (const int step : {power, 2 * power, 5 * power})
      if (step >= least) return step;
}

QString numberText(float value) { return QLocale().toString(double{value}, 'g', 2); }

}  // namespace

/// Cells of at least a pixel, so that nothing strong is lost between two of them.
int MapCanvas::level() const {
  const int wanted = static_cast<int>(std::ceil(std::log2(1 / m_pixels) - 0.01));
  return std::clamp(wanted, 0, topLevel(m_source->tokens()));
}

float MapCanvas::topWeight() const {
  const MapTile* all = m_source->tile({topLevel(m_source->tokens()), 0, 0});
  if (!all) return 1;
  const auto& largest = m_withoutSink ? all->largestWithoutSink : all->largest;
  const float top = largest.empty() ? 0 : *std::ranges::max_element(largest);
  return top > 0 ? top : 1;
}

QImage MapCanvas::draw(const MapTile& tile) const {
  QImage image(static_cast<int>(tile.width), static_cast<int>(tile.height), QImage::Format_RGB32);
  const float top = topWeight();
  for (std::uint32_t y = 0; y < tile.height; ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(static_cast<int>(y)));
    const float most = m_withoutSink ? tile.largestWithoutSink[y] : tile.largest[y];
    const float part = m_scale == Scale::rows ? (most > 0 ? 1 / most : 0) : 1 / top;
    for (std::uint32_t x = 0; x < tile.width; ++x) {
      const bool sink = m_withoutSink && x == 0 && tile.keys.first == 0;
      const float weight = sink ? tile.firstWithoutSink[y] : tile.at(0, y, x);
      float share = weight * part;
      if (m_scale == Scale::logarithm)
        share = weight > 0 ? static_cast<float>(1 - std::log10(double{weight}) / kLeastLogarithm) : 0;
      line[x] = m_colours[static_cast<std::size_t>(std::clamp(share, 0.0f, 1.0f) * 255.0f + 0.5f)];
    }
  }
  return image;
}

const QImage* MapCanvas::image(const TileKey& key) {
  if (const auto known = m_images.find(key); known != m_images.end()) return &known->second;
  const MapTile* tile = m_source->tile(key);
  if (!tile) return nullptr;
  if (m_images.size() >= kMostImages) m_images.clear();
  return &(m_images[key] = draw(*tile));
}

void MapCanvas::paintTile(QPainter& painter, const TileKey& key, const QImage& image) const {
  const int span = key.span(), tokens = m_source->tokens();
  const int rows = std::min(span, tokens - key.row * span), keys = std::min(span, tokens - key.column * span);
  painter.drawImage(rectOf(key.row * span, rows, key.column * span, keys), image, QRectF(image.rect()));
}

/// What is not there yet is seen through the tile of the whole text.
void MapCanvas::paintTiles(QPainter& painter, int level) {
  const int tokens = m_source->tokens(), top = topLevel(tokens);
  if (const QImage* all = image({top, 0, 0})) paintTile(painter, {top, 0, 0}, *all);
  if (level == top) return;
  const int span = kTileCells << level;
  const QSizeF seen = QSizeF(mapArea().size()) / m_pixels;
  const int lastRow = std::min(tokens - 1, static_cast<int>(m_origin.y() + seen.height())) / span;
  const int lastKey = std::min(tokens - 1, static_cast<int>(m_origin.x() + seen.width())) / span;
  for (int row = static_cast<int>(m_origin.y()) / span; row <= lastRow; ++row)
    for (int column = static_cast<int>(m_origin.x()) / span; column <= std::min(lastKey, row); ++column)
      if (const QImage* tile = image({level, row, column})) paintTile(painter, {level, row, column}, *tile);
}

void MapCanvas::paintLive(QPainter& painter) {
  const auto& rows = m_source->live();
  for (std::size_t i = m_live.size(); i < rows.size(); ++i) m_live.push_back(draw(rows[i]));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<int>(rows[i].rows.first), keys = static_cast<int>(rows[i].keys.end);
    painter.drawImage(rectOf(row, 1, 0, keys), m_live[i], QRectF(m_live[i].rect()));
  }
}

void MapCanvas::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  if (!m_source || m_source->tokens() == 0) return;
  painter.save();
  painter.setClipRect(mapArea());
  painter.fillRect(mapArea(), QColor(m_colours[0]));
  paintTiles(painter, level());
  paintLive(painter);
  paintMarks(painter);
  painter.restore();
  paintAxes(painter);
  paintScale(painter);
}

void MapCanvas::paintMarks(QPainter& painter) const {
  const ThemeColours& c = Theme::instance().colours();
  const int tokens = m_source->tokens();
  painter.setPen(c.hairline);
  const QRectF all = rectOf(0, tokens, 0, tokens);
  painter.drawLine(all.topLeft(), all.bottomRight());  // nobody looks ahead
  const auto mark = [&](int row, int key, const QColor& colour) {
    if (row < 0) return;
    painter.setPen(QPen(colour, 1));
    const QRectF cell = rectOf(row, 1, key, 1);
    painter.drawLine(QPointF(all.left(), cell.center().y()), cell.center());
    painter.drawLine(QPointF(cell.center().x(), all.top()), cell.center());
    painter.drawRect(cell.adjusted(-1.5, -1.5, 1.5, 1.5));
  };
  mark(m_row, m_key, c.accent);
  mark(m_hoveredRow, m_hoveredKey, c.mutedText);
}

void MapCanvas::paintAxes(QPainter& painter) const {
  QFont small = font();
  small.setPointSizeF(small.pointSizeF() * 0.85);
  painter.setFont(small);
  painter.setPen(Theme::instance().colours().mutedText);
  paintAxis(painter, true);
  paintAxis(painter, false);
}

/// Tokens where there is room for them, else their positions.
void MapCanvas::paintAxis(QPainter& painter, bool rows) const {
  const QFontMetrics metrics(painter.font());
  const QRect area = mapArea();
  const int line = metrics.height(), tokens = m_source->tokens();
  const bool named = m_pixels >= line - 2;
  const int room = (rows ? area.left() : area.top()) - Theme::kGrid / 2;
  const int every = niceStep((named ? line - 2 : 3.0 * line) / m_pixels);
  const double from = rows ? m_origin.y() : m_origin.x();
  const int extent = rows ? area.height() : area.width();
  for (int token = (static_cast<int>(from) + every - 1) / every * every; token < tokens; token += every) {
    const double at = (token + 0.5 - from) * m_pixels;
    if (at > extent) break;
    if (at < 0) continue;
    const QString text = named ? metrics.elidedText(tokenLabel(m_source->piece(token)), Qt::ElideRight, room)
                               : QLocale().toString(token);
    if (rows) {
      painter.drawText(QRectF(0, area.top() + at - line / 2.0, room, line), Qt::AlignRight | Qt::AlignVCenter, text);
      continue;
    }
    painter.save();
    painter.translate(area.left() + at, room);
    painter.rotate(named ? -90 : 0);
    named ? painter.drawText(QRectF(0, -line / 2.0, room, line), Qt::AlignLeft | Qt::AlignVCenter, text)
          : painter.drawText(QRectF(-60, -line, 120, line), Qt::AlignHCenter | Qt::AlignBottom, text);
    painter.restore();
  }
}

void MapCanvas::paintScale(QPainter& painter) const {
  const ThemeColours& c = Theme::instance().colours();
  const int line = fontMetrics().height();
  const QRect bar(mapArea().left(), height() - line - Theme::kGrid / 2, qMin(160, mapArea().width() / 3), line - 2);
  for (int x = 0; x < bar.width(); ++x)
    painter.fillRect(bar.left() + x, bar.top(), 1, bar.height(), QColor(m_colours[static_cast<std::size_t>(x * 255 / qMax(1, bar.width() - 1))]));
  painter.setPen(c.hairline);
  painter.drawRect(bar.adjusted(0, 0, -1, -1));
  painter.setPen(c.mutedText);
  const QString low = m_scale == Scale::logarithm ? numberText(1e-4f) : QStringLiteral("0");
  const QString high = m_scale == Scale::logarithm ? tr("1, by powers of ten")
                       : m_scale == Scale::rows    ? tr("the row's largest weight")
                                                   : tr("weight %1").arg(numberText(topWeight()));
  painter.drawText(QRect(0, bar.top(), bar.left() - Theme::kGrid / 2, bar.height()), Qt::AlignRight | Qt::AlignVCenter, low);
  painter.drawText(QRect(bar.right() + Theme::kGrid, bar.top(), width() - bar.right(), bar.height()), Qt::AlignLeft | Qt::AlignVCenter, high);
}

}  // namespace cutaway
