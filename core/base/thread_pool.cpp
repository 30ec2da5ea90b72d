#include "core/base/thread_pool.h"

#include <algorithm>

namespace cutaway {
namespace {

constexpr int kSpins = 2000;  ///< about 50 microseconds

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

/// Waits a little for something that is likely to happen soon.
template <class Condition>
void spinUntil(Condition condition) {
  for (int i = 0; i < kSpins && !condition(); ++i) pause();
}

}  // namespace

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

void ThreadPool::parallelFor(std::size_t count, std::size_t grain, const Body& body) {
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
  runPieces(body);
  {
    const std::lock_guard lock(m_mutex);
    m_body = nullptr;
  }
  spinUntil([this] { return m_active == 0; });
  std::unique_lock lock(m_mutex);
  m_idle.wait(lock, [this] { return m_active == 0; });
}

void ThreadPool::runPieces(const Body& body) {
  for (;;) {
    const std::size_t begin = m_next.fetch_add(m_piece);
    if (begin >= m_count) return;
    body(begin, std::min(m_count, begin + m_piece));
  }
}

void ThreadPool::work() {
  for (unsigned long seen = 0;;) {
    spinUntil([&] { return m_stop || m_loop != seen; });
    const Body* body;
    {
      std::unique_lock lock(m_mutex);
      m_wake.wait(lock, [&] { return m_stop || m_loop != seen; });
      if (m_stop) return;
      seen = m_loop;
      body = m_body;
      if (body == nullptr) continue;
      ++m_active;
    }
    runPieces(*body);
    if (--m_active > 0) continue;
    const std::lock_guard lock(m_mutex);
    m_idle.notify_all();
  }
}

}  // namespace cutaway
