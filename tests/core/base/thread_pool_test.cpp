#include "core/base/thread_pool.h"

#include <doctest/doctest.h>

#include <atomic>

using cutaway::ThreadPool;

TEST_CASE("parallelFor visits every index once") {
  for (const unsigned threads : {1u, 2u, 5u}) {
    ThreadPool pool(threads);
    for (const std::size_t count : {0u, 1u, 7u, 1000u}) {
      std::vector<std::atomic<int>> visits(count);
      pool.parallelFor(count, 3, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) ++visits[i];
      });
      for (const auto& v : visits) CHECK(v == 1);
    }
  }
}

TEST_CASE("parallelFor can be called many times in a row") {
  ThreadPool pool(4);
  std::atomic<std::size_t> sum = 0;
  for (int loop = 0; loop < 2000; ++loop)
    pool.parallelFor(16, 1, [&](std::size_t begin, std::size_t end) { sum += end - begin; });
  CHECK(sum == 2000u * 16u);
}
