#include "ui/views/bar_delegate.h"

#include <QPainter>

#include "ui/theme.h"

namespace cutaway {
namespace {
constexpr int kThickness = 6, kMarkWidth = 2, kMarkHeight = 12;
}  // namespace

void BarDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QStyleOptionViewItem plain = option;
  initStyleOption(&plain, index);
  plain.text.clear();
  const double share = qBound(0.0, index.data(kShareRole).toDouble(), 1.0);
  const ThemeColours& c = Theme::instance().colours();
  QRectF groove(option.rect.adjusted(Theme::kGrid, 0, -Theme::kGrid, 0));
  groove = QRectF(groove.left(), groove.center().y() - kThickness / 2.0, groove.width(), kThickness);
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setPen(Qt::NoPen);
  painter->setBrush(c.accentTint);
  painter->drawRoundedRect(groove, kThickness / 2.0, kThickness / 2.0);
  if (share > 0) {
    QRectF bar = groove;
    bar.setWidth(qMax(1.0, groove.width() * share));
    painter->setBrush(c.accent);
    painter->drawRoundedRect(bar, kThickness / 2.0, kThickness / 2.0);
  }
  if (const QVariant mark = index.data(kMarkRole); mark.isValid()) {
    const double x = groove.left() + qBound(0.0, mark.toDouble(), 1.0) * (groove.width() - kMarkWidth);
    painter->fillRect(QRectF(x, groove.center().y() - kMarkHeight / 2.0, kMarkWidth, kMarkHeight), c.text);
  }
  painter->restore();
}

}  // namespace cutaway
