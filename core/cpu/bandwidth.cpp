#include "core/cpu/bandwidth.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <span>
#include <vector>

#include "core/base/multiversion.h"

namespace cutaway {
namespace {

constexpr std::size_t kBytes = std::size_t{256} << 20, kPage = 4096;
constexpr int kRounds = 5;

std::uint64_t sum(std::span<const std::uint64_t> numbers) {
  return onProcessor([&](auto) CUTAWAY_INLINE_LAMBDA {
    std::uint64_t total = 0;
    for (const std::uint64_t number : numbers) total += number;
    return total;
  });
}

}  // namespace

Result<double> measureReadBandwidth(ThreadPool& pool, Ledger& ledger) {
  const Reservation held = TRY(ledger.reserve(MemoryClass::scratch, kBytes, "a measurement of bandwidth"));
  const std::vector<std::uint64_t> numbers(kBytes / sizeof(std::uint64_t), 1);
  std::atomic<std::uint64_t> total = 0;  // used below, so that nothing is optimized away
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    pool.parallelFor(numbers.size(), kPage, [&](std::size_t begin, std::size_t end) {
      total += sum(std::span(numbers).subspan(begin, end - begin));
    });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(kBytes) / took.count());
  }
  if (total != kRounds * numbers.size())
    return fail(ErrorKind::device, "memory did not hold what was written there; its numbers cannot be trusted");
  return best;
}

}  // namespace cutaway
