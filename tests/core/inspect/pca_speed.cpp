// How long the principal components of many states take: pca_speed [STATES WIDTH]. A measurement, not a test.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "core/inspect/pca.h"

int main(int argc, char** argv) {
  using namespace cutaway;
  const std::size_t count = argc > 2 ? std::strtoul(argv[1], nullptr, 10) : 50'000,
                    width = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 576;
  std::vector<float> states(count * width);
  std::minstd_rand random(1);
  for (std::size_t i = 0; i < states.size(); ++i)  // dimensions that differ in size, as those of models do
    states[i] = (static_cast<float>(random()) / 2147483647.0f - 0.5f) / static_cast<float>(1 + i % width);
  ThreadPool pool;
  for (int round = 0; round < 5; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    const Pca pca = principalComponents(states, width, {}, pool);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::printf("%zu states of width %zu: %.3f s on %u threads, first component %.1f %% of the variance\n", count, width,
                seconds.count(), pool.threads(), 100 * pca.variance[0] / pca.totalVariance);
  }
}
