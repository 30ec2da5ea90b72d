// Every family on a backend against Hugging Face transformers: tiny random models made by
// tests/oracles/families/make_families.py.
#pragma once

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "support/model_runner.h"
#include "support/paths.h"

namespace cutaway::test {

inline std::string familyOracle(const std::string& name) {
  return projectFile("tests/oracles/families/" + name);
}

/// (T, V) as transformers computed it.
inline std::vector<float> expectedLogits(const std::string& model) {
  const std::string bytes = readFile(familyOracle(model + ".logits.f32"));
  std::vector<float> logits(bytes.size() / sizeof(float));
  std::memcpy(logits.data(), bytes.data(), bytes.size());
  return logits;
}

inline float largestDifference(std::span<const LogitRow> rows, std::span<const float> expected) {
  float largest = 0;
  std::size_t i = 0;
  for (const LogitRow& row : rows)
    for (const float logit : row.logits) largest = std::max(largest, std::abs(logit - expected[i++]));
  CHECK(i == expected.size());
  return largest;
}

/// The text in one step, and token by token.
inline void checkFamilies(const std::shared_ptr<Backend>& backend) {
  const auto index = nlohmann::json::parse(readFile(familyOracle("families.json")));
  const std::vector<TokenId> tokens = index.at("tokens");
  for (const auto& entry : index.at("models")) {
    const std::string name = entry.at("name");
    CAPTURE(name);
    const LoadedModel model = loadModelFile(familyOracle(name + ".gguf"), backend);
    CHECK(model.architecture.config.family == entry.at("family").get<std::string>());
    const std::vector<float> expected = expectedLogits(name);
    const auto whole = Runner(model, 64).run(tokens, {.fullLogits = true});
    CHECK(largestDifference(whole.rows, expected) < 1e-3f);
    Runner stepping(model, 64);
    std::vector<LogitRow> rows;
    for (const TokenId& token : tokens)
      rows.push_back(stepping.run({&token, 1}, {.fullLogits = true}).rows.front());
    CHECK(largestDifference(rows, expected) < 1e-3f);
  }
}

}  // namespace cutaway::test
