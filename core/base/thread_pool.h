// Worker threads for parallel loops of the CPU backend and for background work.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cutaway {

/// A fixed set of threads. The caller of `parallelFor` works too, so a pool of 1 has no extra thread.
class ThreadPool {
 public:
  explicit ThreadPool(unsigned threads = std::thread::hardware_concurrency());
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  unsigned threads() const { return static_cast<unsigned>(m_workers.size()) + 1; }

  /// Calls body(begin, end) over [0, count) in disjoint pieces of at least `grain`, in any order and on any
  /// thread; returns when all are done. One loop at a time; not from inside a body.
  void parallelFor(std::size_t count, std::size_t grain,
                   const std::function<void(std::size_t begin, std::size_t end)>& body);

 private:
  void work();
  void runPieces();

  std::vector<std::thread> m_workers;
  std::mutex m_mutex;
  std::condition_variable m_wake, m_idle;
  const std::function<void(std::size_t, std::size_t)>* m_body = nullptr;
  std::size_t m_count = 0, m_piece = 1, m_next = 0;
  unsigned m_active = 0;
  unsigned long m_loop = 0;  ///< number of the loop, so that a worker joins each one once
  bool m_stop = false;
};

}  // namespace cutaway
