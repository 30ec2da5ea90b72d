// Values of a model on a backend against those of a float64 pass: tests/oracles/float64.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

#include "support/model_runner.h"
#include "support/paths.h"

namespace cutaway::test {

/// Probabilities and entropies of every row.
inline void checkFloat64Rows(const nlohmann::json& oracle, const StepResult& result, double tolerance) {
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
  CHECK(worst <= tolerance);
  CHECK(worstEntropy <= tolerance);
}

/// Largest |a - b| over the sampled entries, relative to max(1, largest |b|); masked scores must be -inf.
inline double sampledDifference(const nlohmann::json& expected, std::span<const float> numbers) {
  double worst = 0;
  for (std::size_t i = 0; i < expected.at("index").size(); ++i) {
    const auto index = expected.at("index")[i].get<std::size_t>();
    REQUIRE(index < numbers.size());
    const double found = numbers[index];
    const auto& value = expected.at("value")[i];
    if (value.is_null())
      CHECK(found == -INFINITY);
    else
      worst = std::max(worst, std::abs(found - value.get<double>()));
  }
  return worst / std::max(1.0, expected.at("largest").get<double>());
}

/// Every named value of a whole text in one step.
inline void checkFloat64Model(const std::shared_ptr<Backend>& backend, const std::string& path,
                              const std::string& oracleName, double tolerance) {
  const auto oracle = nlohmann::json::parse(readFile(projectFile("tests/oracles/float64/" + oracleName)));
  const std::vector<TokenId> tokens = oracle.at("tokens");
  const LoadedModel model = loadModelFile(path, backend);
  std::vector<Tap> taps;
  for (const auto& [name, expected] : oracle.at("values").items()) taps.push_back({model.value(name)});
  const StepResult result = Runner(model, static_cast<std::uint32_t>(tokens.size()))
                                .run(tokens, {.fullLogits = true, .taps = taps});
  checkFloat64Rows(oracle, result, tolerance);
  REQUIRE(result.captures.size() == taps.size());
  double worst = 0;
  for (const Capture& capture : result.captures) {
    const std::string& name = model.graph().values[static_cast<std::size_t>(capture.value)].name;
    CAPTURE(name);
    const auto& expected = oracle.at("values").at(name);
    CHECK(capture.shape == expected.at("shape").get<std::vector<std::uint32_t>>());
    const double found = sampledDifference(expected, capture.data);
    CHECK(found <= tolerance);
    worst = std::max(worst, found);
  }
  MESSAGE(taps.size(), " values, largest difference: ", worst);
}

}  // namespace cutaway::test
