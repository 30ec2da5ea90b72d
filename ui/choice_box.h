// A combo box with a plain chevron: the style sheet takes the native arrow away.
#pragma once

#include <QComboBox>
#include <QPainter>

#include "ui/theme.h"

namespace cutaway {

inline void paintChevron(QWidget& box) {
  constexpr qreal kHalf = 3.5, kFromEdge = 13;
  const QPointF tip(box.width() - kFromEdge, box.height() / 2.0 + kHalf / 2);
  QPainter painter(&box);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(Theme::instance().colours().mutedText, 1.4));
  const QPointF line[] = {tip - QPointF(kHalf, kHalf), tip, tip + QPointF(kHalf, -kHalf)};
  painter.drawPolyline(line, 3);
}

class ChoiceBox : public QComboBox {
  Q_OBJECT

 public:
  using QComboBox::QComboBox;

 protected:
  void paintEvent(QPaintEvent* event) override {
    QComboBox::paintEvent(event);
    paintChevron(*this);
  }
};

}  // namespace cutaway
