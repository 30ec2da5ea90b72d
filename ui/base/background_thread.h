// A thread that runs posted closures in order: files and the database live there, never on the UI thread.
#pragma once

#include <QObject>
#include <QPointer>
#include <QThread>
#include <functional>

namespace cutaway {

/// The destructor runs what was posted, then ends the thread.
class BackgroundThread {
 public:
  explicit BackgroundThread(const QString& name);
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;
  ~BackgroundThread();

  void post(std::function<void()> work);
  /// `work` runs there, then `then(result)` in `receiver`'s thread, unless the receiver is gone by then.
  template <class Work, class Then>
  void ask(QObject* receiver, Work work, Then then) {
    post([this, guard = QPointer<QObject>(receiver), work = std::move(work), then = std::move(then)]() mutable {
      deliver(guard, [then = std::move(then), result = work()]() mutable { then(std::move(result)); });
    });
  }

 private:
  void deliver(const QPointer<QObject>& receiver, std::function<void()> then);

  QThread m_thread;
  QObject* m_home;  ///< lives in the thread
};

}  // namespace cutaway
