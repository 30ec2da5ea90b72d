// Work of seconds to hours on a thread of its own that can be paused and stopped, and tells how it goes.
#pragma once

#include <QCoreApplication>
#include <QPointer>
#include <atomic>
#include <functional>
#include <memory>

#include "ui/base/background_thread.h"

namespace cutaway {

/// Belongs to `receiver`, in whose thread everything that is told arrives. The destructor stops the work and waits for it.
class LongJob {
 public:
  /// What the work sees of it.
  class Run {
   public:
    /// False when it was stopped. While it is paused this waits.
    bool goesOn() const;
    /// `what` runs in the receiver's thread, unless the run is over or stopped by then.
    void tell(std::function<void()> what) const;

   private:
    friend class LongJob;
    struct State {
      std::atomic<bool> stopped = false, paused = false;
    };
    const LongJob* m_job = nullptr;
    QPointer<QObject> m_receiver;
    std::shared_ptr<State> m_state;
  };

  LongJob(QObject* receiver, const QString& threadName) : m_receiver(receiver), m_thread(threadName) {}
  ~LongJob() { stop(); }

  /// Stops what runs and starts `work(run)` on the thread, then `done(result)` in the receiver's.
  template <class Work, class Done>
  void start(Work work, Done done) {
    stop();
    Run run;
    run.m_job = this;
    run.m_receiver = m_receiver;
    run.m_state = m_state = std::make_shared<Run::State>();
    m_thread.ask(
        m_receiver, [work = std::move(work), run] { return work(run); },
        [this, done = std::move(done), state = m_state](auto result) {
          if (m_state != state) return;
          m_state.reset();
          done(std::move(result));
        });
  }

  void pause(bool paused);
  void stop();
  bool isStopped() const { return m_state != nullptr && m_state->stopped; }
  bool isRunning() const { return m_state != nullptr; }  ///< until `done` is called, stopped or not
  BackgroundThread& thread() { return m_thread; }        ///< for short work before or after

 private:
  QObject* m_receiver;
  std::shared_ptr<Run::State> m_state;  ///< null: nothing runs
  BackgroundThread m_thread;
};

}  // namespace cutaway
