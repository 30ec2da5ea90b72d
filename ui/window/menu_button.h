// A button that opens a menu, with the chevron and the measures of a ChoiceBox.
#pragma once

#include <QToolButton>

#include "ui/choice_box.h"

namespace cutaway {

class MenuButton : public QToolButton {
  Q_OBJECT

 public:
  explicit MenuButton(QWidget* parent) : QToolButton(parent) {
    setProperty("framed", true);
    setProperty("opensMenu", true);
    setPopupMode(QToolButton::InstantPopup);
    setFocusPolicy(Qt::StrongFocus);
  }

 protected:
  void paintEvent(QPaintEvent* event) override {
    QToolButton::paintEvent(event);
    paintChevron(*this);
  }
};

}  // namespace cutaway
