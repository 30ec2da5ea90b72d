#include "core/base/thread_pool.h"

#include <algorithm>

namespace cutaway {
namespace {

constexpr int kLooks = 4000;  ///< before a thread sleeps: tens of microseconds

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Whether `isDone` came true while we looked.
template <class IsDone>
bool lookOut(IsDone isDone) {
  for (int look = 0; look < kLooks; ++look) {
    if (isDone()) return true;
    pause();
  }
  return false;
}

std::uint32_t piecesIn(std::uint64_t left) { return static_cast<std::uint32_t>(left); }

}  // namespace

ThreadPool::ThreadPool(unsigned threads) {
  for (unsigned i = 1; i < std::max(1u, threads); ++i) m_workers.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
  m_stop = true;
  announce();
  for (std::thread& worker : m_workers) worker.join();
}

void ThreadPool::parallelFor(std::size_t count, std::size_t grain,
                             const std::function<void(std::size_t, std::size_t)>& body) {
  if (count == 0) return;
  // Several pieces per thread even out cores of different speed.
  const std::size_t piece = std::max<std::size_t>({1, grain, count / (threads() * 4)});
  if (m_workers.empty() || count <= piece) return body(0, count);
  m_body = &body;
  m_count = count;
  m_piece = piece;
  m_pieces = static_cast<std::uint32_t>((count + piece - 1) / piece);
  m_unfinished = m_pieces;
  m_left = (((m_left >> 32) + 1) << 32) | m_pieces;
  announce();
  while (runPiece()) continue;
  const auto isFinished = [this] { return m_unfinished == 0; };
  while (!lookOut(isFinished))
    if (const std::uint32_t unfinished = m_unfinished; unfinished != 0) m_unfinished.wait(unfinished);
}

void ThreadPool::announce() {
  ++m_calls;
  m_calls.notify_all();
}

/// Takes a piece and runs it; false when none is left.
bool ThreadPool::runPiece() {
  std::uint64_t left = m_left;
  do {
    if (piecesIn(left) == 0) return false;
  } while (!m_left.compare_exchange_weak(left, left - 1));
  const std::size_t begin = (m_pieces - piecesIn(left)) * m_piece;
  (*m_body)(begin, std::min(m_count, begin + m_piece));
  if (--m_unfinished == 0) m_unfinished.notify_one();
  return true;
}

void ThreadPool::work() {
  while (!m_stop) {
    const std::uint32_t calls = m_calls;
    if (runPiece()) continue;
    if (!lookOut([&] { return m_calls != calls; })) m_calls.wait(calls);
  }
}

}  // namespace cutaway
