#include "ui/base/quiet_wheel.h"

#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QSlider>
#include <QWheelEvent>

namespace cutaway {

QuietWheel::QuietWheel(QObject* parent) : QObject(parent) { qApp->installEventFilter(this); }

bool QuietWheel::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::Polish && event->type() != QEvent::Wheel) return false;
  const bool quiet = qobject_cast<QSlider*>(watched) || qobject_cast<QAbstractSpinBox*>(watched) || qobject_cast<QComboBox*>(watched);
  if (!quiet) return false;
  auto* widget = static_cast<QWidget*>(watched);
  if (event->type() == QEvent::Polish) {
    if (widget->focusPolicy() == Qt::WheelFocus) widget->setFocusPolicy(Qt::StrongFocus);
    return false;
  }
  if (widget->hasFocus()) return false;
  event->ignore();  // it goes on to what scrolls
  return true;
}

}  // namespace cutaway
