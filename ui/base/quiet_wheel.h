// Keeps the wheel from changing numbers and choices that it only passes over while a page scrolls.
#pragma once

#include <QObject>

namespace cutaway {

/// An event filter for the whole application: sliders, spin boxes and choices take the wheel only while they have focus,
/// and do not get focus by it. Lists of open choices and scroll bars are left alone.
class QuietWheel : public QObject {
  Q_OBJECT

 public:
  explicit QuietWheel(QObject* parent);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
};

}  // namespace cutaway
