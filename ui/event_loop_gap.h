// Measures how long the event loop was kept from turning: the longest gap between ticks of a timer.
#pragma once

#include <QBasicTimer>
#include <QElapsedTimer>
#include <QObject>
#include <ctime>

namespace cutaway {

/// Lives in the thread whose loop it measures.
class EventLoopGap : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  void start() {
    m_longest = m_work = 0;
    m_clock.start();
    m_worked = processorTime();
    m_timer.start(1, Qt::PreciseTimer, this);
  }
  /// Milliseconds, the gap up to now included.
  double stop() {
    tick();
    m_timer.stop();
    return m_longest;
  }
  /// Milliseconds that the thread itself worked in that gap; in the rest of it the machine did something else.
  double work() const { return m_work; }

 protected:
  void timerEvent(QTimerEvent*) override { tick(); }

 private:
  void tick() {
    const double gap = static_cast<double>(m_clock.nsecsElapsed()) / 1e6, now = processorTime();
    if (gap > m_longest) {
      m_longest = gap;
      m_work = now - m_worked;
    }
    m_worked = now;
    m_clock.restart();
  }

  /// Of this thread, in milliseconds.
  static double processorTime() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  }

  QBasicTimer m_timer;
  QElapsedTimer m_clock;
  double m_longest = 0, m_work = 0;
  double m_worked = 0;  ///< the thread's processor time at the last tick
};

}  // namespace cutaway
