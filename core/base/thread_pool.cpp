#include "core/base/thread_pool.h"

#include <algorithm>

namespace cutaway {

ThreadPool::ThreadPool(unsigned threads) {
  for (unsigned i = 1; i < std::max(1u, threads); ++i) m_workers.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(m_mutex);
    m_stop = true;
  }
  m_wake.notify_all();
  for (std::thread& worker : m_workers) worker.join();
}

void ThreadPool::parallelFor(std::size_t count, std::size_t grain,
                             const std::function<void(std::size_t, std::size_t)>& body) {
  if (count == 0) return;
  // Several pieces per thread even out cores of different speed.
  const std::size_t piece = std::max<std::size_t>({1, grain, count / (threads() * 4)});
  if (m_workers.empty() || count <= piece) return body(0, count);
  {
    const std::lock_guard lock(m_mutex);
    m_body = &body;
    m_count = count;
    m_piece = piece;
    m_next = 0;
    ++m_loop;
  }
  m_wake.notify_all();
  runPieces();
  std::unique_lock lock(m_mutex);
  m_idle.wait(lock, [this] { return m_active == 0; });
  m_body = nullptr;
}

void ThreadPool::runPieces() {
  for (;;) {
    std::size_t begin, end;
    const std::function<void(std::size_t, std::size_t)>* body;
    {
      const std::lock_guard lock(m_mutex);
      if (m_next >= m_count) return;
      begin = m_next;
      end = m_next = std::min(m_count, begin + m_piece);
      body = m_body;
    }
    (*body)(begin, end);
  }
}

void ThreadPool::work() {
  unsigned long seen = 0;
  for (;;) {
    {
      std::unique_lock lock(m_mutex);
      m_wake.wait(lock, [&] { return m_stop || (m_loop != seen && m_body != nullptr); });
      if (m_stop) return;
      seen = m_loop;
      ++m_active;
    }
    runPieces();
    const std::lock_guard lock(m_mutex);
    if (--m_active == 0) m_idle.notify_all();
  }
}

}  // namespace cutaway
