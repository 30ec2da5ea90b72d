#include "ui/views/head_grid.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "ui/chat/token_tip.h"
#include "ui/theme.h"

namespace cutaway {
namespace {

constexpr int kStripSteps = 48;  ///< a strip's resolution; tokens that share a step are shown by the heaviest
constexpr int kLeastHeight = 8, kMostHeight = 16;

}  // namespace

HeadGrid::HeadGrid(QWidget* parent) : LayerHeadGrid(parent) {
  setAccessibleName(tr("Attention of every layer and head"));
  setObjectName(QStringLiteral("headGrid"));
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    drawStrips();
    update();
  });
}

void HeadGrid::setAttention(std::optional<TokenAttention> attention) {
  m_attention = std::move(attention);
  drawStrips();
  updateGeometry();
  update();
}

void HeadGrid::setWithoutSink(bool without) {
  m_withoutSink = without;
  drawStrips();
  update();
}

QSize HeadGrid::cellHint() const { return {24, std::clamp(320 / layers(), kLeastHeight, kMostHeight) + kGap}; }

/// The square root tells weights of 0.01 from 0, which a linear scale does not.
void HeadGrid::drawStrips() {
  m_strips = {};
  if (!m_attention) return;
  const TokenAttention& attention = *m_attention;
  m_strips = QImage(attention.heads() * kStripSteps, attention.layers(), QImage::Format_RGB32);
  const ThemeColours& c = Theme::instance().colours();
  for (int layer = 0; layer < attention.layers(); ++layer) {
    for (int head = 0; head < attention.heads(); ++head) {
      const std::vector<float> row = attention.row(layer, head, m_withoutSink);
      const auto size = static_cast<int>(row.size());
      for (int step = 0; step < kStripSteps; ++step) {
        const int first = step * size / kStripSteps, last = qMax(first + 1, (step + 1) * size / kStripSteps);
        const float most = *std::max_element(row.begin() + first, row.begin() + last);
        const QColor colour =
            mixPerceptually(c.accentTint, c.accent, std::sqrt(std::clamp(most, 0.0f, 1.0f)));
        m_strips.setPixelColor(head * kStripSteps + step, layer, colour);
      }
    }
  }
}

QString HeadGrid::describe(int layer, int head) const {
  QString text = tr("Layer %1, head %2").arg(layer).arg(head);
  const std::vector<float> row = m_attention->row(layer, head, m_withoutSink);
  for (const int token : heaviest(row, 3, 0.01f))
    text += tr("\n%1  %2").arg(percentText(row[token]), tokenLabel(m_attention->piece(token)));
  return text;
}

void HeadGrid::paintCell(QPainter& painter, const QRect& place, int layer, int head) {
  painter.drawImage(place, m_strips, QRect(head * kStripSteps, layer, kStripSteps, 1));
}

}  // namespace cutaway
