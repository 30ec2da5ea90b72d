// Principal components against numpy's singular value decomposition, on each of the three ways to find them.
#include "core/inspect/pca.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "support/paths.h"

using namespace cutaway;

namespace {

/// As tests/oracles/states/make_states.py makes them, to the bit.
std::vector<float> numbers(std::size_t count, std::size_t width) {
  std::vector<float> values(count * width);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    state = state * 1664525u + 1013904223u;
    values[i] = static_cast<float>(state >> 8) / 16777216.0f * (1.0f / (static_cast<float>(i % width) + 1.0f));
  }
  return values;
}

bool near(double found, double expected, double tolerance) { return std::abs(found - expected) <= tolerance; }

}  // namespace

TEST_CASE("principal components are numpy's, by covariance, by products and by iteration") {
  ThreadPool pool(2);
  int iterated = 0;
  for (const auto& expected :
       nlohmann::json::parse(test::readFile(test::projectFile("tests/oracles/states/pca.json")))) {
    const std::size_t width = expected.at("width");
    CAPTURE(width);
    const std::vector<float> states = numbers(expected.at("count"), width);
    const Pca pca = principalComponents(states, width, {.directions = expected.at("directions"), .exactSide = 128}, pool);
    REQUIRE(pca.components() == 3);
    const double total = expected.at("total");
    CHECK(near(pca.totalVariance, total, 1e-5 * total));
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(near(pca.variance[i], expected.at("variance")[i], 1e-5 * total));
      for (std::size_t j = 0; j < 8; ++j)
        CHECK(near(double{pca.axes[i * width + j]}, expected.at("axes")[i][j], 2e-3));
    }
    for (std::size_t j = 0; j < 8; ++j) CHECK(near(double{pca.mean[j]}, expected.at("mean")[j], 1e-6));
    iterated += pca.exact ? 0 : 1;
  }
  CHECK(iterated == 1);
}

TEST_CASE("no state, one state, equal states and states that are not finite are no error") {
  ThreadPool pool(1);
  CHECK(principalComponents({}, 4, {}, pool).components() == 0);
  const std::vector<float> one = {1, 2, 3, 4};
  const Pca single = principalComponents(one, 4, {}, pool);
  REQUIRE(single.components() == 1);
  CHECK(single.totalVariance == 0);
  float place = 1;
  single.project(one, {&place, 1});
  CHECK(place == 0);
  std::vector<float> states = {1, 0, 3, 0, std::numeric_limits<float>::quiet_NaN(), 0, 5, 0,
                               std::numeric_limits<float>::infinity(), 0};
  const Pca pca = principalComponents(states, 2, {}, pool);
  REQUIRE(pca.components() == 2);
  CHECK(pca.mean == std::vector<float>{3, 0});
  CHECK(near(pca.variance[0], 8.0 / 3, 1e-6));
  CHECK(pca.variance[1] == 0);
  CHECK(pca.axes == std::vector<float>{1, 0, 0, 1});
  states.assign(20, 0.0f);
  CHECK(principalComponents(states, 2, {.directions = true}, pool).totalVariance == 0);
}
