// Measures how long the event loop was kept from turning: the longest gap between ticks of a timer.
#pragma once

#include <QBasicTimer>
#include <QElapsedTimer>
#include <QObject>

namespace cutaway {

/// Lives in the thread whose loop it measures.
class EventLoopGap : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  void start() {
    m_longest = 0;
    m_clock.start();
    m_timer.start(1, Qt::PreciseTimer, this);
  }
  /// Milliseconds, the gap up to now included.
  double stop() {
    tick();
    m_timer.stop();
    return m_longest;
  }

 protected:
  void timerEvent(QTimerEvent*) override { tick(); }

 private:
  void tick() {
    m_longest = qMax(m_longest, static_cast<double>(m_clock.nsecsElapsed()) / 1e6);
    m_clock.restart();
  }

  QBasicTimer m_timer;
  QElapsedTimer m_clock;
  double m_longest = 0;
};

}  // namespace cutaway
