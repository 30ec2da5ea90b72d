// Rounded activations: numbers against numpy, the demo model against a float64 pass with the same rounding.
#include "core/cpu/cpu_backend.h"
#include "core/inspect/channel_statistics.h"
#include "support/int8_checks.h"

using namespace cutaway;
using namespace cutaway::test;

TEST_CASE("rows are rounded to 8 bits as numpy rounds them, bit by bit") {
  const nlohmann::json rows = int8Oracle().at("rows");
  const auto x = rows.at("x").get<std::vector<std::vector<float>>>();
  for (const bool isStatic : {false, true}) {
    const auto expected = rows.at(isStatic ? "static" : "dynamic").get<std::vector<std::vector<float>>>();
    for (std::size_t i = 0; i < x.size(); ++i) {
      CAPTURE(i);
      std::vector<float> row = x[i];
      roundToGrid(symmetricGrid(8, isStatic ? 1.5f : largestOf(row)), row);
      CHECK(row == expected[i]);
    }
  }
}

TEST_CASE("the demo model with rounded activations predicts what a float64 pass with them predicts") {
  checkRoundedModel(createCpuBackend(2), "1e-07", 0);
}

TEST_CASE("every matrix of the layers reads a rounded value, and keeps its place in the graph") {
  const LoadedModel model = loadModelFile(projectFile("resources/demo-model/demo-f16.gguf"), createCpuBackend(1));
  for (const bool everything : {false, true}) {
    const Graph rounded = require(roundInputs(model.graph(), {ActivationScale::dynamic, everything, {}}));
    REQUIRE(validate(rounded).has_value());
    std::size_t linears = 0;
    for (const Node& node : rounded.nodes) {
      if (node.op != Op::linear) continue;
      ++linears;
      const ValueId before = beforeRounding(rounded, node.inputs.front());
      CHECK((before != node.inputs.front()) == (everything || node.layer != kNone));
      if (before != node.inputs.front())
        CHECK(rounded.values[static_cast<std::size_t>(node.inputs.front())].name == rounded.values[static_cast<std::size_t>(before)].name + ".int8");
    }
    CHECK(linears == 7 * model.graph().layers + 1);
    for (const Value& value : model.graph().values) {
      const ValueId id = rounded.find(value.name);
      REQUIRE(id != kNone);
      CHECK((rounded.values[static_cast<std::size_t>(id)].shape == value.shape));
      CHECK(rounded.values[static_cast<std::size_t>(id)].onDemand == value.onDemand);
    }
    CHECK(rounded.nodes.size() == model.graph().nodes.size() + 4 * model.graph().layers + (everything ? 1 : 0));
  }
  const auto missing = roundInputs(model.graph(), {ActivationScale::fixed, false, {{"blk.0.attn.norm", 1.0f}}});
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().message.find("blk.0.attn.z") != std::string::npos);
}

TEST_CASE("channels that stand out are found, and what rounding costs is measured") {
  ChannelStatistics dynamic(4), fixed(4);
  const std::vector<float> rows = {1, -2, 0.5f, 1, -1, 20, 0.25f, -1};
  dynamic.addRounded(rows, 0);
  fixed.addRounded(rows, 4);
  const ChannelReport report = dynamic.report("x");
  CHECK(dynamic.largest() == std::vector<float>{1, 20, 0.5f, 1});
  CHECK(report.largest == 20);
  CHECK(report.median == 1);
  REQUIRE(report.outliers.size() == 1);
  CHECK(report.outliers[0].channel == 1);
  CHECK(report.outliers[0].ratio == 20);
  CHECK(report.clipped == 0);
  CHECK(report.relativeError > 0);
  CHECK(report.relativeError < 0.01);
  CHECK(fixed.report("x").clipped == 1.0 / 8);
  CHECK(fixed.report("x").relativeError == doctest::Approx(16 / std::sqrt(408.3125)).epsilon(1e-3));
}
