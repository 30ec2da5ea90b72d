#include "core/inspect/head_scores.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/paths.h"

using namespace cutaway;

TEST_CASE("head scores are numpy's") {
  const auto oracle =
      nlohmann::json::parse(test::readFile(test::projectFile("tests/oracles/inspect/heads.json")));
  const std::vector<TokenId> tokens = oracle.at("tokens");
  for (const auto& head : oracle.at("heads")) {
    const std::vector<float> pattern = head.at("pattern");
    const HeadScores scores = scoreHead(pattern, tokens);
    for (std::size_t i = 0; i < kHeadHabitCount; ++i) {
      CAPTURE(headHabits()[i].name);
      CHECK(static_cast<std::size_t>(headHabits()[i].habit) == i);
      CHECK(std::abs(scores[i] - head.at("scores")[i].get<double>()) < 1e-6);
    }
  }
}

TEST_CASE("a text without repetition, or of one token, has nothing to score and is no error") {
  CHECK(scoreHead({}, {}) == HeadScores{});
  const float one = 1;
  const TokenId token = 5;
  CHECK(scoreHead({&one, 1}, {&token, 1}) == HeadScores{});
}
