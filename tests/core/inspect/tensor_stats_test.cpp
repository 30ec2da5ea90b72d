// Weights as numpy sees them: range, histogram, outliers, picture and singular values.
#include "core/inspect/tensor_stats.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/inspect/singular_values.h"
#include "support/paths.h"

using namespace cutaway;

namespace {

/// As tests/oracles/tensors/make_tensors.py makes them, to the bit.
std::vector<float> numbers(std::size_t count, std::size_t width) {
  std::vector<float> values(count * width);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    state = state * 1664525u + 1013904223u;
    values[i] = static_cast<float>(state >> 8) / 16777216.0f / (static_cast<float>(i % width) + 1.0f);
  }
  return values;
}

WeightRows rowsOf(std::vector<float> values, std::vector<std::uint64_t> shape) {
  auto owner = std::make_shared<const std::vector<float>>(std::move(values));
  const auto bytes = std::as_bytes(std::span(*owner));
  return {{"made", bytes, owner}, {"made", std::move(shape), FormatId::f32, 0, bytes.size()}};
}

WeightRows madeRows() {
  std::vector<float> values = numbers(300, 260);
  values[3 * 260 + 7] = 40;
  values[200 * 260 + 12] = -55;
  values[5 * 260 + 5] = std::numeric_limits<float>::quiet_NaN();
  values[9 * 260] = std::numeric_limits<float>::infinity();
  return rowsOf(std::move(values), {300, 260});
}

WeightRows rowsOfFile(const std::string& path, const std::string& name) {
  const auto file = openModelFile(test::projectFile(path));
  REQUIRE(file);
  const TensorInfo* tensor = file->find(name);
  REQUIRE(tensor != nullptr);
  return {file->data(*tensor), *tensor};
}

TensorStats statsOf(const WeightRows& rows) {
  TensorReading reading(rows);
  while (reading.step()) CHECK(reading.progress() < 1);
  CHECK(reading.progress() == 1);
  return reading.stats();
}

void checkNear(double found, double expected, double tolerance) {
  CAPTURE(found);
  CAPTURE(expected);
  CHECK(std::abs(found - expected) <= tolerance);
}

void checkStats(const TensorStats& found, const nlohmann::json& expected) {
  const double deviation = expected.at("deviation"), small = 1e-6 * (deviation + std::abs(double{expected.at("mean")}));
  CHECK(found.count == expected.at("count"));
  CHECK(found.notFinite == expected.at("not_finite"));
  CHECK(found.zeros == expected.at("zeros"));
  checkNear(found.minimum, expected.at("range")[0], small);
  checkNear(found.maximum, expected.at("range")[1], small);
  checkNear(found.mean, expected.at("mean"), small);
  checkNear(found.deviation, deviation, small);
  checkNear(found.squares, expected.at("squares"), 1e-6 * found.squares);
  CHECK(found.outliers == expected.at("outliers"));
  checkNear(found.low, expected.at("histogram_range")[0], small);
  checkNear(found.high, expected.at("histogram_range")[1], small);
  std::uint64_t counted = 0, moved = 0;
  for (std::size_t i = 0; i < TensorStats::kBins; ++i) {
    const std::uint64_t wanted = expected.at("histogram")[i];
    moved += found.histogram[i] > wanted ? found.histogram[i] - wanted : 0;
    counted += found.histogram[i];
  }
  CHECK(moved <= found.count / 500);  // entries that lie on an edge
  CHECK(counted + found.below + found.above == found.count);
  for (std::size_t i = 0; i < found.largest.size(); ++i) {
    const auto& wanted = expected.at("largest")[i];
    CHECK(found.largest[i].row == wanted[0]);
    CHECK(found.largest[i].column == wanted[1]);
    checkNear(double{found.largest[i].value}, wanted[2], 1e-6 * std::abs(double{found.largest[i].value}));
  }
  const auto& image = expected.at("image");
  CHECK(found.image.rows == image.at("rows"));
  CHECK(found.image.columns == image.at("columns"));
  for (std::size_t i = 0; i < image.at("place").size(); ++i) {
    const std::size_t place = image.at("place")[i];
    checkNear(std::abs(double{found.image.strongest[place]}), image.at("strongest")[i], 1e-4 * found.maximum);
    checkNear(double{found.image.mean[place]}, image.at("mean")[i], 1e-4 * found.maximum);
  }
}

std::vector<double> singularValues(const WeightRows& rows, bool exact) {
  ThreadPool pool(2);
  SingularValues job(rows, pool, exact ? SingularValues::kExactSide : 128);
  CHECK(job.exact() == exact);
  while (job.step()) CHECK(job.progress() <= 1);
  CHECK(job.progress() == 1);
  return job.values();
}

}  // namespace

TEST_CASE("weights are described as numpy describes them, in every kind of format") {
  const auto oracle =
      nlohmann::json::parse(test::readFile(test::projectFile("tests/oracles/tensors/tensors.json")));
  for (const auto& [name, expected] : oracle.items()) {
    CAPTURE(name);
    const bool made = name == "made";
    const WeightRows rows = made ? madeRows() : rowsOfFile(expected.at("file"), name);
    checkStats(statsOf(rows), expected);
    const std::vector<double> values = singularValues(rows, !made);
    const double largest = expected.at("singular")[0];
    for (std::size_t i = 0; i < expected.at("singular").size(); ++i)
      checkNear(values[i], expected.at("singular")[i], (made ? 2e-2 : 1e-6) * largest);
    if (!made) checkNear(values.back(), expected.at("smallest"), 1e-5 * largest);
  }
}

TEST_CASE("a weight of equal numbers, of zeros, of one number, and of none that is finite") {
  const TensorStats equal = statsOf(rowsOf(std::vector<float>(30, 2.5f), {5, 6}));
  CHECK(equal.mean == 2.5);
  CHECK(equal.deviation == 0);
  CHECK(equal.histogram[0] == 30);
  CHECK(equal.outliers == 0);
  CHECK(statsOf(rowsOf(std::vector<float>(4), {4})).zeros == 4);
  CHECK(statsOf(rowsOf({-7.0f}, {1})).minimum == -7);
  CHECK(singularValues(rowsOf({-7.0f}, {1}), true) == std::vector<double>{7});
  const TensorStats none = statsOf(rowsOf({std::numeric_limits<float>::quiet_NaN()}, {1, 1}));
  CHECK(none.count == 0);
  CHECK(none.notFinite == 1);
  CHECK(none.largest.empty());
  CHECK(singularValues(rowsOf({std::numeric_limits<float>::infinity()}, {1, 1}), true) == std::vector<double>{0});
}

TEST_CASE("dimensions before the last are rows") {
  const TensorStats stats = statsOf(rowsOf({1, 2, 3, 4, 5, 6, 7, -8}, {2, 2, 2}));
  CHECK(stats.largest[0].row == 3);
  CHECK(stats.largest[0].column == 1);
  CHECK(stats.image.rows == 4);
  CHECK(stats.image.strongest == std::vector<float>{1, 2, 3, 4, 5, 6, 7, -8});
}
