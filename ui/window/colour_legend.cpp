#include "ui/window/colour_legend.h"

#include <QPainter>

#include "ui/theme.h"

namespace cutaway {
namespace {
constexpr int kSteps = 8, kStepWidth = 10, kBarHeight = 12, kGap = Theme::kGrid;
}  // namespace

ColourLegend::ColourLegend(QWidget* parent) : QWidget(parent) {
  setForegroundRole(QPalette::PlaceholderText);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
  setColouring(TokenColouring::none);
}

void ColourLegend::setColouring(TokenColouring colouring) {
  struct Words {
    QString low, high, meaning;
  };
  const Words words[] = {
      {tr("likely"), tr("unlikely"), tr("How probable the model held the token that was chosen")},
      {tr("likely"), tr("unlikely"), tr("How probable the model held the token that was chosen")},
      {tr("sure"), tr("unsure"), tr("How spread out the model's choice was: the entropy of the distribution")},
      {tr("ignored"), tr("looked at"),
       tr("How much the head, or the mean of all heads, that the Attention view shows for the chosen word looked at a "
          "token; without the first one, against the most looked at")},
      {tr("alike"), tr("apart"),
       tr("How far the two models' distributions lie apart at this token: their KL divergence, full at 1 nat")},
      {tr("first"), tr("hundredth"), tr("The token's rank among what the second model would have said")},
      {tr("same"), tr("changed"), tr("How much the second model changes the token's probability")}};
  const Words& now = words[static_cast<std::size_t>(colouring)];
  m_low = now.low;
  m_high = now.high;
  setAccessibleName(tr("Colours from %1 to %2").arg(m_low, m_high));
  setToolTip(now.meaning);
  setVisible(colouring != TokenColouring::none);
  updateGeometry();
  update();
}

QSize ColourLegend::sizeHint() const {
  const QFontMetrics metrics = fontMetrics();
  return {metrics.horizontalAdvance(m_low) + metrics.horizontalAdvance(m_high) + kSteps * kStepWidth + 2 * kGap,
          metrics.height()};
}

void ColourLegend::paintEvent(QPaintEvent*) {
  const Theme& theme = Theme::instance();
  QPainter painter(this);
  painter.setPen(theme.colours().mutedText);
  painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter, m_low);
  painter.drawText(rect(), Qt::AlignRight | Qt::AlignVCenter, m_high);
  const int left = fontMetrics().horizontalAdvance(m_low) + kGap;
  const QRect bar(left, (height() - kBarHeight) / 2, kSteps * kStepWidth, kBarHeight);
  for (int step = 0; step < kSteps; ++step) {
    const float surprise = static_cast<float>(step) / (kSteps - 1);
    painter.fillRect(bar.left() + step * kStepWidth, bar.top(), kStepWidth, kBarHeight, theme.surprise(surprise));
  }
  painter.setPen(theme.colours().hairline);
  painter.drawRect(bar.adjusted(0, 0, -1, -1));
}

}  // namespace cutaway
