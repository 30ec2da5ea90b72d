// Whole models against a float64 forward pass, value by value: tests/oracles/float64.
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/cpu/cpu_backend.h"
#include "support/model_runner.h"
#include "support/paths.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

constexpr double kTolerance = 1e-4;

void checkProbabilities(const nlohmann::json& oracle, const StepResult& result) {
  double worst = 0, worstEntropy = 0;
  for (std::size_t t = 0; t < result.rows.size(); ++t) {
    const LogitRow& row = result.rows[t];
    for (const auto& listed : oracle.at("probabilities")[t]) {
      const float logit = row.logits[listed[0].get<std::size_t>()];
      worst = std::max(
          worst, std::abs(std::exp(static_cast<double>(logit - row.logSumExp)) - listed[1].get<double>()));
    }
    worstEntropy = std::max(worstEntropy, std::abs(row.entropy - oracle.at("entropy")[t].get<double>()));
  }
  MESSAGE("largest difference of a probability: ", worst, ", of an entropy: ", worstEntropy);
  CHECK(worst <= kTolerance);
  CHECK(worstEntropy <= kTolerance);
}

/// Largest |a - b| over the sampled entries, relative to max(1, largest |b|); masked scores must be -inf.
double difference(const nlohmann::json& expected, const Capture& capture) {
  CHECK(capture.shape == expected.at("shape").get<std::vector<std::uint32_t>>());
  double worst = 0;
  for (std::size_t i = 0; i < expected.at("index").size(); ++i) {
    const double found = capture.data.at(expected.at("index")[i].get<std::size_t>());
    const auto& value = expected.at("value")[i];
    if (value.is_null())
      CHECK(found == -INFINITY);
    else
      worst = std::max(worst, std::abs(found - value.get<double>()));
  }
  return worst / std::max(1.0, expected.at("largest").get<double>());
}

void checkModel(const std::string& path, const std::string& oracleName) {
  const auto oracle = nlohmann::json::parse(readFile(projectFile("tests/oracles/float64/" + oracleName)));
  const std::vector<TokenId> tokens = oracle.at("tokens");
  const LoadedModel model = loadModelFile(path, createCpuBackend());
  std::vector<Tap> taps;
  for (const auto& [name, expected] : oracle.at("values").items()) taps.push_back({model.value(name)});
  const StepResult result = Runner(model, static_cast<std::uint32_t>(tokens.size()))
                                .run(tokens, {.fullLogits = true, .taps = taps});
  checkProbabilities(oracle, result);
  REQUIRE(result.captures.size() == taps.size());
  double worst = 0;
  for (const Capture& capture : result.captures) {
    const std::string& name = model.graph().values[static_cast<std::size_t>(capture.value)].name;
    CAPTURE(name);
    const double found = difference(oracle.at("values").at(name), capture);
    CHECK(found <= kTolerance);
    worst = std::max(worst, found);
  }
  MESSAGE(taps.size(), " values, largest difference: ", worst);
}

}  // namespace

TEST_CASE("every named value of stories260K is that of a float64 pass") {
  const auto path = sharedFile("models/stories260K-f32.gguf");
  if (path) checkModel(*path, "stories260K.json");
}

TEST_CASE("every named value of the demo model is that of a float64 pass") {
  checkModel(projectFile("resources/demo-model/demo-f16.gguf"), "demo.json");
}
