// The one thread that owns models and devices: posted closures in order, and between them long jobs, step by
// step, by priority.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cutaway {

/// Work too long for one closure. Made anywhere; stepped, cancelled and destroyed on the engine thread.
class Job {
 public:
  enum class State : std::uint8_t { more, done };
  virtual ~Job() = default;
  /// A short piece of the work (aim: under 50 ms). Not called again after `done`.
  virtual State step() = 0;
  /// Called once, instead of the next step, when the job ends before it is done: the place to report what
  /// there is.
  virtual void cancelled() {}
};

/// A job of two closures.
std::unique_ptr<Job> makeJob(std::function<Job::State()> step, std::function<void()> cancelled = {});

/// Jobs of a higher priority go first; those of one priority one after another, in the order of their start.
enum class JobPriority : std::uint8_t { chat, view, background };
inline constexpr std::size_t kJobPriorityCount = 3;

using JobId = std::uint64_t;  ///< from 1; never used twice

/// What waits for the engine, without the thread: tests run it by hand. All members but runOne() may be
/// called from any thread, from closures and from jobs too; none waits for running work.
class EngineQueue {
 public:
  using Closure = std::function<void()>;

  /// Closures run in the order of their posting. One with a tag replaces a waiting one of the same tag, at
  /// that one's place, so that a dragged slider builds no backlog. An empty tag replaces nothing.
  void post(std::string tag, Closure closure);
  void post(Closure closure) { post({}, std::move(closure)); }

  JobId start(std::unique_ptr<Job> job, JobPriority priority);
  /// The job gets cancelled() in place of its next step. Nothing happens when it has ended.
  void cancel(JobId id);

  /// Closures waiting, jobs not ended, and the piece that is running.
  std::size_t pending() const;
  bool idle() const { return pending() == 0; }

  /// Runs one closure or one step of a job; false when there was nothing to do. When both wait they take
  /// turns, so that neither starves.
  bool runOne();
  /// Sleeps until there is something to do (true) or close() was called (false).
  bool waitForWork();
  /// Ends everything: waitForWork() gives false, later posts and starts are dropped.
  void close();
  /// After close(): cancels and destroys what is left. For the thread that ran runOne().
  void drain();

 private:
  struct Posted {
    std::string tag;
    Closure closure;
  };
  struct Running {
    JobId id = 0;
    std::unique_ptr<Job> job;
    bool cancelled = false;
  };
  bool hasWork() const;
  Running* firstJob();
  void runClosure(std::unique_lock<std::mutex>& lock);
  void runStep(std::unique_lock<std::mutex>& lock);
  void endJob(std::unique_lock<std::mutex>& lock, JobId id);
  void dropReplaced(std::unique_lock<std::mutex>& lock);

  mutable std::mutex m_mutex;
  std::condition_variable m_wake;
  std::deque<Posted> m_posted;
  std::array<std::deque<Running>, kJobPriorityCount> m_jobs;
  /// Closures that were replaced: they may hold the last reference to a model, so they die on the engine
  /// thread.
  std::vector<Closure> m_replaced;
  JobId m_nextId = 1;
  bool m_closureRuns = false;
  bool m_closureWasLast = false;
  bool m_closed = false;
};

/// An EngineQueue with its thread. The destructor stops between two pieces: waiting closures are dropped,
/// jobs are cancelled, all of it on the engine thread.
class EngineThread {
 public:
  EngineThread();
  EngineThread(const EngineThread&) = delete;
  EngineThread& operator=(const EngineThread&) = delete;
  ~EngineThread();

  void post(std::string tag, EngineQueue::Closure closure) {
    m_queue.post(std::move(tag), std::move(closure));
  }
  void post(EngineQueue::Closure closure) { m_queue.post(std::move(closure)); }
  JobId start(std::unique_ptr<Job> job, JobPriority priority) {
    return m_queue.start(std::move(job), priority);
  }
  void cancel(JobId id) { m_queue.cancel(id); }
  std::size_t pending() const { return m_queue.pending(); }
  bool idle() const { return m_queue.idle(); }
  bool isThisThread() const { return std::this_thread::get_id() == m_thread.get_id(); }

 private:
  EngineQueue m_queue;
  std::thread m_thread;
};

}  // namespace cutaway
