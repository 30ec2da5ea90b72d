// A scroll bar that keeps its room and shows nothing while there is nothing to scroll, so that text does not move
// sideways when the first line goes out of sight.
#pragma once

#include <QScrollBar>

namespace cutaway {

class QuietScrollBar : public QScrollBar {
  Q_OBJECT

 public:
  using QScrollBar::QScrollBar;

 protected:
  void paintEvent(QPaintEvent* event) override {
    if (minimum() < maximum()) QScrollBar::paintEvent(event);
  }
};

}  // namespace cutaway
