#include "core/inspect/map_tile.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

using namespace cutaway;

namespace {

std::vector<float> randomRow(std::size_t keys, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> row(keys);
  float sum = 0;
  for (float& x : row) sum += x = std::pow(std::uniform_real_distribution<float>(0, 1)(random), 8.0f);
  for (float& x : row) x /= sum;
  return row;
}

}  // namespace

TEST_CASE("the entropy of weights, those of 0 included") {
  for (const std::size_t size : {1u, 15u, 16u, 17u, 500u}) {
    CAPTURE(size);
    const std::vector<float> row = randomRow(size, static_cast<std::uint32_t>(size));
    double expected = 0;
    for (const float p : row)
      if (p > 0) expected -= double{p} * std::log(double{p});
    CHECK(static_cast<double>(entropyOf(row)) == doctest::Approx(expected).epsilon(1e-4));
  }
  CHECK(entropyOf(std::vector<float>{0, 1, 0, 0}) == 0);
  CHECK(entropyOf(std::vector<float>(64, 1.0f / 64)) == doctest::Approx(std::log(64.0)).epsilon(1e-5));
  CHECK(entropyOf({}) == 0);
}

TEST_CASE("rows and keys are shared out without gap or overlap") {
  for (const std::uint32_t most : {1u, 3u, 7u, 10u, 11u, 1000u}) {
    CAPTURE(most);
    const MapTile tile(0, {0}, {5, 16}, {2, 13}, most, most);
    CHECK(tile.height == std::min(11u, most));
    std::uint32_t next = 5;
    for (std::uint32_t y = 0; y < tile.height; ++y) {
      CHECK(tile.rowsOf(y).first == next);
      next = tile.rowsOf(y).end;
      for (std::uint32_t row = tile.rowsOf(y).first; row < next; ++row) CHECK(tile.yOf(row) == y);
    }
    CHECK(next == 16);
    CHECK(tile.keysOf(0).first == 2);
    CHECK(tile.keysOf(tile.width - 1).end == 13);
  }
}

TEST_CASE("a cell shows the largest weight of all that share it") {
  const std::uint32_t tokens = 37;
  for (const std::uint32_t most : {5u, 8u, 37u}) {
    CAPTURE(most);
    MapTile tile(3, {0, 4}, {10, 37}, {0, 30}, most, most);
    std::vector<std::vector<float>> rows;
    for (std::uint32_t head = 0; head < 2; ++head)
      for (std::uint32_t token = 10; token < tokens; ++token) {
        rows.push_back(randomRow(token + 1, head * 100 + token));
        const IndexRange sharing = tile.rowsOf(tile.yOf(token));
        tile.fold(head, tile.yOf(token), rows.back(),
                  entropyOf(rows.back()) / static_cast<float>(sharing.end - sharing.first));
      }
    for (std::uint32_t head = 0; head < 2; ++head)
      for (std::uint32_t y = 0; y < tile.height; ++y) {
        std::vector<float> expected(tile.width);
        float largest = 0, behind = 0, first = 0;
        double entropy = 0;
        const IndexRange sharing = tile.rowsOf(y);
        for (std::uint32_t token = sharing.first; token < sharing.end; ++token) {
          const auto& row = rows[head * 27 + token - 10];
          for (std::uint32_t key = 0; key <= token; ++key) {
            largest = std::max(largest, row[key]);
            if (key > 0) behind = std::max(behind, row[key]);
            if (key > 0 && key < tile.keysOf(0).end) first = std::max(first, row[key]);
            for (std::uint32_t x = 0; x < tile.width; ++x)
              if (key >= tile.keysOf(x).first && key < tile.keysOf(x).end)
                expected[x] = std::max(expected[x], row[key]);
          }
          entropy += static_cast<double>(entropyOf(row)) / (sharing.end - sharing.first);
        }
        for (std::uint32_t x = 0; x < tile.width; ++x) CHECK(tile.at(head, y, x) == expected[x]);
        const std::size_t line = head * tile.height + y;
        CHECK(tile.largest[line] == largest);
        CHECK(tile.largestWithoutSink[line] == behind);
        CHECK(tile.firstWithoutSink[line] == first);
        CHECK(static_cast<double>(tile.entropy[line]) == doctest::Approx(entropy).epsilon(1e-5));
      }
  }
}
