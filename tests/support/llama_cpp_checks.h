// A whole model on a backend against what llama.cpp says of it: tests/oracles/*-llama.cpp.json, made with an
// F32 cache.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

#include "support/model_runner.h"
#include "support/paths.h"

namespace cutaway::test {

struct LlamaCppOracle {
  std::vector<TokenId> tokens, greedy;
  double perplexity = 0;
  nlohmann::json positions;
};

inline LlamaCppOracle readOracle(const std::string& name) {
  const auto json = nlohmann::json::parse(readFile(projectFile("tests/oracles/" + name)));
  return {json.at("tokens"), json.at("greedy"), json.at("ppl"), json.at("positions")};
}

inline double probability(const LogitRow& row, TokenId token) {
  return std::exp(static_cast<double>(row.logits[static_cast<std::size_t>(token)] - row.logSumExp));
}

inline void checkProbabilities(const LlamaCppOracle& oracle, const StepResult& result, double tolerance) {
  double worst = 0;
  for (std::size_t t = 0; t < oracle.positions.size(); ++t)
    for (const auto& listed : oracle.positions[t].at("top"))
      worst = std::max(worst, std::abs(probability(result.rows[t], listed[0]) - listed[1].get<double>()));
  MESSAGE("largest difference of a probability: ", worst);
  CHECK(worst < tolerance);
}

inline double perplexity(const LlamaCppOracle& oracle, const StepResult& result) {
  double sum = 0;
  for (std::size_t t = 0; t + 1 < oracle.tokens.size(); ++t)
    sum -= std::log(probability(result.rows[t], oracle.tokens[t + 1]));
  return std::exp(sum / static_cast<double>(oracle.tokens.size() - 1));
}

/// Equal up to the first place where the two best logits are closer than `nearTie`.
inline void checkGreedy(const LlamaCppOracle& oracle, Runner& runner, const LogitRow& last, float nearTie) {
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

inline void checkLlamaCpp(const std::shared_ptr<Backend>& backend, const std::string& modelPath,
                          const std::string& oracleName, double tolerance, float nearTie) {
  const LlamaCppOracle oracle = readOracle(oracleName);
  const LoadedModel model = loadModelFile(modelPath, backend);
  Runner runner(model, static_cast<std::uint32_t>(oracle.tokens.size() + oracle.greedy.size()));
  const StepResult result = runner.run(oracle.tokens, {.fullLogits = true});
  REQUIRE(result.rows.size() == oracle.tokens.size());
  checkProbabilities(oracle, result, tolerance);
  CHECK(perplexity(oracle, result) == doctest::Approx(oracle.perplexity).epsilon(tolerance));
  checkGreedy(oracle, runner, result.rows.back(), nearTie);
}

}  // namespace cutaway::test
