#include "core/run/chunking.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace cutaway;
using namespace std::chrono_literals;

namespace {

/// A device whose steps cost what the planner assumes.
struct Device {
  double fixed = 0, perTile = 0;
  std::uint32_t tile = 1;
  double seconds(std::uint32_t tokens) const { return fixed + perTile * std::ceil(tokens / double(tile)); }
};

/// Lets the planner choose the chunks of a long prompt; returns the last one's tokens.
std::uint32_t settle(ChunkPlanner& plan, const Device& device, std::chrono::milliseconds budget,
                     int steps = 12) {
  std::uint32_t tokens = 0;
  for (int i = 0; i < steps; ++i) {
    tokens = plan.tokensFor(budget, 512);
    plan.record(tokens, device.seconds(tokens));
  }
  return tokens;
}

}  // namespace

TEST_CASE("the first chunk is small, later ones fill the budget") {
  ChunkPlanner plan;
  CHECK(plan.tokensFor(80ms, 512) == ChunkPlanner::kFirst);
  CHECK(plan.tokensFor(80ms, 8) == 8);
  plan.record(32, 0.032);
  CHECK(plan.tokensFor(80ms, 512) == 80);
  CHECK(plan.tokensFor(40ms, 512) == 40);
  CHECK(plan.tokensFor(80ms, 64) == 64);
}

TEST_CASE("chunks grow by steps, shrink at once and never vanish") {
  ChunkPlanner plan;
  plan.record(32, 0.0001);
  CHECK(plan.tokensFor(80ms, 4096) == 32 * ChunkPlanner::kGrowth);
  plan.record(128, 12.8);
  CHECK(plan.tokensFor(80ms, 4096) == 1);
}

TEST_CASE("a first step that compiled kernels does not make the next ones short for long") {
  for (const std::uint32_t tile : {1u, 8u}) {
    CAPTURE(tile);
    ChunkPlanner plan(ChunkPlanner::kFirst, tile);
    plan.record(32, 5);
    const std::uint32_t second = plan.tokensFor(80ms, 512);
    CHECK(second == std::max(tile, 2u));
    plan.record(second, second * 0.001);
    CHECK(settle(plan, {0, tile * 0.001, tile}, 80ms) >= 72);
  }
}

TEST_CASE("decoding does not slow down the next prompt") {
  ChunkPlanner plan;
  plan.record(1, 0.05);
  CHECK(plan.tokensFor(80ms, 512) == ChunkPlanner::kFirst);
  plan.record(64, 0.064);
  for (int i = 0; i < 100; ++i) plan.record(1, 0.05);
  CHECK(plan.tokensFor(80ms, 512) == 80);
}

TEST_CASE("what every step costs is told apart from what a token costs") {
  const Device device{.fixed = 0.020, .perTile = 0.001};
  ChunkPlanner plan;
  const std::uint32_t settled = settle(plan, device, 80ms);
  CHECK(settled >= 58);
  CHECK(settled <= 60);
  CHECK(plan.predicted(settled) == doctest::Approx(device.seconds(settled)).epsilon(0.02));
  // A shorter budget: 20 tokens take 40 ms, where a price per token alone would say 30.
  CHECK(plan.tokensFor(40ms, 512) <= 20);
  CHECK(plan.tokensFor(40ms, 512) >= 18);
}

TEST_CASE("whole tiles are read, as a part of one costs as much") {
  const Device device{.fixed = 0.005, .perTile = 0.060, .tile = 8};
  ChunkPlanner plan(2, 8);
  CHECK(plan.tokensFor(160ms, 512) == 8);
  CHECK(settle(plan, device, 160ms) == 16);
  CHECK(settle(plan, device, 400ms) == 48);
  CHECK(plan.tokensFor(400ms, 21) == 16);
  CHECK(plan.tokensFor(400ms, 5) == 5);
}

TEST_CASE("where a tile is over the budget tokens are read one by one, and the tile is tried again") {
  ChunkPlanner plan(8, 8);
  for (int i = 0; i < 2; ++i) plan.record(8, 1.0);
  int ones = 0;
  while (plan.tokensFor(160ms, 512) == 1) {
    plan.record(1, 0.15);
    ++ones;
  }
  CHECK(ones == ChunkPlanner::kRetry - 1);
  plan.record(8, 0.05);  // it was something else that had slowed it down
  plan.record(8, 0.05);
  plan.record(8, 0.05);
  CHECK(settle(plan, {0, 0.05, 8}, 160ms) == 24);
}

TEST_CASE("a tile over the budget is read all the same where its tokens one by one would take far longer") {
  ChunkPlanner plan(8, 8);
  for (int i = 0; i < 2; ++i) plan.record(8, 1.0);
  CHECK(plan.tokensFor(160ms, 512) == 1);  // what one token takes is not known yet
  plan.record(1, 0.9);
  CHECK(plan.tokensFor(160ms, 512) == 8);
  plan.record(8, 1.0);
  CHECK(plan.tokensFor(160ms, 512) == 8);
  plan.record(1, 0.2);
  CHECK(plan.tokensFor(160ms, 512) == 1);
}

TEST_CASE("where every step costs more than the budget it takes twice that, not a token at a time") {
  for (const std::uint32_t tile : {1u, 8u}) {  // a model of several GiB that is read from memory for each step
    const Device device{.fixed = 0.400, .perTile = 0.010 * tile, .tile = tile};
    ChunkPlanner plan(2, tile);
    plan.record(1, device.seconds(1));
    const std::uint32_t settled = settle(plan, device, 50ms, 40);
    CAPTURE(tile);
    CHECK(device.seconds(settled) <= 0.81);
    CHECK(settled >= 24);
  }
}

TEST_CASE("a step is predicted under the budget whatever the device costs, once two were seen") {
  for (const double fixed : {0.0, 0.002, 0.05})
    for (const double perTile : {0.0001, 0.003, 0.02})
      for (const std::uint32_t tile : {1u, 8u, 32u}) {
        const Device device{fixed, perTile, tile};
        ChunkPlanner plan(8, tile);
        for (int i = 0; i < 20; ++i) {
          const std::uint32_t tokens = plan.tokensFor(100ms, 512);
          CAPTURE(fixed);
          CAPTURE(perTile);
          CAPTURE(tile);
          CAPTURE(i);
          if (i >= 2) CHECK(device.seconds(tokens) <= 0.1001);
          plan.record(tokens, device.seconds(tokens));
        }
      }
}
