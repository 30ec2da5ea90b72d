// Worker threads for parallel loops of the CPU backend and for background work.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace cutaway {

/// A fixed set of threads. The caller of `parallelFor` works too, so a pool of 1 has no extra thread.
/// A token takes hundreds of short loops: workers look out for the next one for some microseconds before
/// they sleep, because waking a thread takes as long as a small product of matrices.
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
  bool runPiece();
  void announce();

  std::vector<std::thread> m_workers;
  /// The loop under way. Written between loops, and read only by who has taken one of its pieces.
  const std::function<void(std::size_t, std::size_t)>* m_body = nullptr;
  std::size_t m_count = 0, m_piece = 1;
  std::uint32_t m_pieces = 0;
  /// Pieces not yet taken, in the low half; the high half numbers the loops, so that a thread that was held
  /// up cannot take a piece of a later loop by an old count.
  std::atomic<std::uint64_t> m_left = 0;
  std::atomic<std::uint32_t> m_unfinished = 0;  ///< pieces
  std::atomic<std::uint32_t> m_calls = 0;       ///< of announce(), for sleepers to wait on
  std::atomic<bool> m_stop = false;
};

}  // namespace cutaway
