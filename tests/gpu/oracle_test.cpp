// Whole models against what llama.cpp says of them: tests/oracles/*-llama.cpp.json, made with an F32 cache.
#include <cmath>
#include <nlohmann/json.hpp>

#include "gpu/backend.h"
#include "support/paths.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

struct Oracle {
  std::vector<TokenId> tokens, greedy;
  double perplexity = 0;
  nlohmann::json positions;
};

Oracle readOracle(const std::string& name) {
  const auto json = nlohmann::json::parse(readFile(projectFile("tests/oracles/" + name)));
  return {json.at("tokens"), json.at("greedy"), json.at("ppl"), json.at("positions")};
}

double probability(const LogitRow& row, TokenId token) {
  return std::exp(static_cast<double>(row.logits[static_cast<std::size_t>(token)] - row.logSumExp));
}

void checkProbabilities(const Oracle& oracle, const StepResult& result, double tolerance) {
  double worst = 0;
  for (std::size_t t = 0; t < oracle.positions.size(); ++t)
    for (const auto& listed : oracle.positions[t].at("top"))
      worst = std::max(worst, std::abs(probability(result.rows[t], listed[0]) - listed[1].get<double>()));
  MESSAGE("largest difference of a probability: ", worst);
  CHECK(worst < tolerance);
}

double perplexity(const Oracle& oracle, const StepResult& result) {
  double sum = 0;
  for (std::size_t t = 0; t + 1 < oracle.tokens.size(); ++t)
    sum -= std::log(probability(result.rows[t], oracle.tokens[t + 1]));
  return std::exp(sum / static_cast<double>(oracle.tokens.size() - 1));
}

/// Equal up to the first place where the two best logits are closer than `nearTie`.
void checkGreedy(const Oracle& oracle, Runner& runner, const LogitRow& last, float nearTie) {
  std::vector<float> gaps;
  const auto chosen = runner.greedy(last, oracle.greedy.size(), &gaps);
  std::size_t compared = 0;
  for (; compared < chosen.size() && gaps[compared] >= nearTie; ++compared) {
    CAPTURE(compared);
    REQUIRE(chosen[compared].token == oracle.greedy[compared]);
  }
  MESSAGE("greedy tokens compared: ", compared);
  CHECK(compared > 0);
}

void checkModel(const std::string& modelPath, const std::string& oracleName, double tolerance, float nearTie,
                bool portable) {
  const Oracle oracle = readOracle(oracleName);
  const auto backend = openVulkan({.portableKernels = portable});
  {
    const LoadedModel model = loadModelFile(modelPath, backend);
    Runner runner(model, static_cast<std::uint32_t>(oracle.tokens.size() + oracle.greedy.size()));
    const StepResult result = runner.run(oracle.tokens, {.fullLogits = true});
    REQUIRE(result.rows.size() == oracle.tokens.size());
    checkProbabilities(oracle, result, tolerance);
    CHECK(perplexity(oracle, result) == doctest::Approx(oracle.perplexity).epsilon(tolerance));
    checkGreedy(oracle, runner, result.rows.back(), nearTie);
  }
  checkSilent(*backend);
}

}  // namespace

TEST_CASE("stories260K says what llama.cpp says") {
  const auto path = sharedFile("models/stories260K-f32.gguf");
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    if (path) checkModel(*path, "stories260K-llama.cpp.json", 2e-3, 0.0f, portable);
  }
}

TEST_CASE("the demo model says what llama.cpp says") {
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    checkModel(projectFile("resources/demo-model/demo-f16.gguf"), "demo-llama.cpp.json", 5e-3, 0.05f,
               portable);
  }
}
