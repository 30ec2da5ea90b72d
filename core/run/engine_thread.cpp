#include "core/run/engine_thread.h"

#include <algorithm>
#include <utility>

namespace cutaway {
namespace {

class ClosureJob : public Job {
 public:
  ClosureJob(std::function<State()> step, std::function<void()> cancelled)
      : m_step(std::move(step)), m_cancelled(std::move(cancelled)) {}
  State step() override { return m_step(); }
  void cancelled() override {
    if (m_cancelled) m_cancelled();
  }

 private:
  std::function<State()> m_step;
  std::function<void()> m_cancelled;
};

}  // namespace

std::unique_ptr<Job> makeJob(std::function<Job::State()> step, std::function<void()> cancelled) {
  return std::make_unique<ClosureJob>(std::move(step), std::move(cancelled));
}

void EngineQueue::post(std::string tag, Closure closure) {
  {
    const std::lock_guard lock(m_mutex);
    if (m_closed) return;
    const auto same = tag.empty() ? m_posted.end() : std::ranges::find(m_posted, tag, &Posted::tag);
    if (same != m_posted.end()) {
      std::swap(same->closure, closure);
      m_replaced.push_back(std::move(closure));
    } else {
      m_posted.push_back({std::move(tag), std::move(closure)});
    }
  }
  m_wake.notify_one();
}

JobId EngineQueue::start(std::unique_ptr<Job> job, JobPriority priority) {
  JobId id = 0;
  {
    const std::lock_guard lock(m_mutex);
    id = m_nextId++;
    if (m_closed) return id;
    m_jobs[static_cast<std::size_t>(priority)].push_back({id, std::move(job), false});
  }
  m_wake.notify_one();
  return id;
}

void EngineQueue::cancel(JobId id) {
  const std::lock_guard lock(m_mutex);
  for (auto& jobs : m_jobs)
    for (Running& running : jobs)
      if (running.id == id) running.cancelled = true;
}

std::size_t EngineQueue::pending() const {
  const std::lock_guard lock(m_mutex);
  std::size_t count = m_posted.size() + (m_closureRuns ? 1 : 0);
  for (const auto& jobs : m_jobs) count += jobs.size();
  return count;
}

bool EngineQueue::runOne() {
  std::unique_lock lock(m_mutex);
  dropReplaced(lock);
  const bool jobWaits = firstJob() != nullptr;
  if (m_posted.empty() && !jobWaits) return false;
  m_closureWasLast = !m_posted.empty() && !(jobWaits && m_closureWasLast);
  if (m_closureWasLast)
    runClosure(lock);
  else
    runStep(lock);
  return true;
}

bool EngineQueue::waitForWork() {
  std::unique_lock lock(m_mutex);
  m_wake.wait(lock, [&] { return m_closed || hasWork(); });
  return !m_closed;
}

void EngineQueue::close() {
  {
    const std::lock_guard lock(m_mutex);
    m_closed = true;
  }
  m_wake.notify_all();
}

void EngineQueue::drain() {
  std::unique_lock lock(m_mutex);
  const auto posted = std::exchange(m_posted, {});
  const auto replaced = std::exchange(m_replaced, {});
  auto jobs = std::exchange(m_jobs, {});
  lock.unlock();
  for (auto& queue : jobs)
    for (Running& running : queue) running.job->cancelled();
}

bool EngineQueue::hasWork() const {
  return !m_posted.empty() || !m_replaced.empty() ||
         std::ranges::any_of(m_jobs, [](const auto& jobs) { return !jobs.empty(); });
}

/// A cancelled job first, whatever its priority: it only wants to say goodbye.
EngineQueue::Running* EngineQueue::firstJob() {
  for (auto& jobs : m_jobs)
    for (Running& running : jobs)
      if (running.cancelled) return &running;
  for (auto& jobs : m_jobs)
    if (!jobs.empty()) return &jobs.front();
  return nullptr;
}

void EngineQueue::runClosure(std::unique_lock<std::mutex>& lock) {
  m_closureRuns = true;
  {
    const Posted posted = std::move(m_posted.front());
    m_posted.pop_front();
    lock.unlock();
    posted.closure();
  }
  lock.lock();
  m_closureRuns = false;
}

void EngineQueue::runStep(std::unique_lock<std::mutex>& lock) {
  const Running* running = firstJob();
  const JobId id = running->id;
  const bool cancelled = running->cancelled;
  Job& job = *running->job;  // stays: only this thread takes jobs out
  lock.unlock();
  bool ended = cancelled;
  if (cancelled)
    job.cancelled();
  else
    ended = job.step() == Job::State::done;
  lock.lock();
  if (ended) endJob(lock, id);
}

void EngineQueue::endJob(std::unique_lock<std::mutex>& lock, JobId id) {
  for (auto& jobs : m_jobs) {
    const auto found = std::ranges::find(jobs, id, &Running::id);
    if (found == jobs.end()) continue;
    auto job = std::move(found->job);
    jobs.erase(found);
    lock.unlock();
    job.reset();
    lock.lock();
    return;
  }
}

void EngineQueue::dropReplaced(std::unique_lock<std::mutex>& lock) {
  if (m_replaced.empty()) return;
  auto replaced = std::exchange(m_replaced, {});
  lock.unlock();
  replaced.clear();
  lock.lock();
}

EngineThread::EngineThread()
    : m_thread([this] {
        while (m_queue.waitForWork()) m_queue.runOne();
        m_queue.drain();
      }) {}

EngineThread::~EngineThread() {
  m_queue.close();
  m_thread.join();
}

}  // namespace cutaway
