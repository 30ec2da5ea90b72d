// What the tint of a token means: the colours from one end to the other, with a word at each.
#pragma once

#include <QWidget>

#include "ui/chat/chat_data.h"

namespace cutaway {

/// Nothing while tokens are not coloured.
class ColourLegend : public QWidget {
  Q_OBJECT

 public:
  explicit ColourLegend(QWidget* parent = nullptr);
  void setColouring(TokenColouring colouring);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString m_low, m_high;
};

}  // namespace cutaway
