#include "core/run/sampler.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "support/paths.h"

using namespace cutaway;

namespace {

/// A row as a backend gives it; `full` with all logits, as Step::fullLogits asks for.
LogitRow rowOf(const std::vector<float>& logits, bool full) {
  LogitRow row;
  for (std::size_t t = 0; t < logits.size(); ++t) row.top.push_back({static_cast<TokenId>(t), logits[t]});
  std::ranges::stable_sort(row.top, std::ranges::greater{}, &TokenLogit::logit);
  row.top.resize(std::min<std::size_t>(row.top.size(), kTopLogits));
  double sum = 0;
  for (const float logit : logits) sum += std::exp(double{logit});
  row.logSumExp = static_cast<float>(std::log(sum));
  if (full) row.logits = logits;
  return row;
}

SamplerSettings settingsOf(const nlohmann::json& json) {
  SamplerSettings s;
  s.temperature = json["temperature"];
  s.topK = json["top_k"];
  s.topP = json["top_p"];
  s.minP = json["min_p"];
  s.repetitionPenalty = json["repetition"];
  s.frequencyPenalty = json["frequency"];
  s.presencePenalty = json["presence"];
  s.penaltyWindow = json["window"];
  s.seed = json["seed"];
  return s;
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("every stage draws what the straightforward sampler draws") {
  const auto oracle =
      nlohmann::json::parse(test::readFile(test::projectFile("tests/oracles/sampler/sampler.json")));
  const auto logits = oracle["logits"].get<std::vector<float>>();
  const auto history = oracle["history"].get<std::vector<TokenId>>();
  for (const auto& expected : oracle["cases"]) {
    CAPTURE(expected["settings"].dump());
    Sampler sampler(settingsOf(expected["settings"]));
    const LogitRow row = rowOf(logits, sampler.needsFullLogits());
    for (const TokenId token : expected["tokens"].get<std::vector<TokenId>>()) {
      const Sampled sampled = sampler.sample(row, history);
      REQUIRE(sampled.token == token);
      const double probability = expected["probabilities"][std::to_string(token)];
      CHECK(sampled.samplerProbability == doctest::Approx(probability).epsilon(1e-6));
      CHECK(sampled.probability == doctest::Approx(std::exp(logits[token] - row.logSumExp)).epsilon(1e-6));
    }
  }
}

TEST_CASE("the top logits are enough exactly when no other token can be chosen") {
  SamplerSettings s;  // top-k 40
  CHECK_FALSE(Sampler(s).needsFullLogits());
  s.topK = kTopLogits;
  CHECK_FALSE(Sampler(s).needsFullLogits());
  s.topK = kTopLogits + 1;
  CHECK(Sampler(s).needsFullLogits());
  s.topK = 0;
  CHECK(Sampler(s).needsFullLogits());
  s.temperature = 0;
  CHECK_FALSE(Sampler(s).needsFullLogits());
  s.repetitionPenalty = 1.1f;
  s.penaltyWindow = 64;
  CHECK(Sampler(s).needsFullLogits());
  s.penaltyWindow = 63;
  CHECK_FALSE(Sampler(s).needsFullLogits());
  s.penaltyWindow = 0;
  CHECK_FALSE(Sampler(s).needsFullLogits());
  s.penaltyWindow = 1;
  s.repetitionPenalty = 0.9f;
  CHECK(Sampler(s).needsFullLogits());
  s = {};
  s.presencePenalty = 1;
  s.penaltyWindow = 24;
  CHECK_FALSE(Sampler(s).needsFullLogits());
  s.penaltyWindow = 25;
  CHECK(Sampler(s).needsFullLogits());
  s.penaltyWindow = 1;
  s.frequencyPenalty = -0.1f;
  CHECK(Sampler(s).needsFullLogits());
}

TEST_CASE("where the top logits are enough, all logits give the same tokens") {
  std::mt19937 random(5);
  std::vector<float> logits(1000);
  for (float& logit : logits) logit = static_cast<float>(random() % 1000) / 100.0f;
  const LogitRow top = rowOf(logits, false), full = rowOf(logits, true);
  // The 24 best are penalised so hard that they are never chosen: the next 40 must take their place.
  std::vector<TokenId> history;
  for (std::size_t i = 0; i < 24; ++i) history.push_back(top.top[i].token);
  SamplerSettings s;
  s.presencePenalty = 100;
  s.penaltyWindow = 24;
  s.temperature = 2;
  Sampler a(s), b(s);
  REQUIRE_FALSE(a.needsFullLogits());
  for (int i = 0; i < 300; ++i) CHECK(a.sample(top, history).token == b.sample(full, history).token);
}

TEST_CASE("greedy takes the highest logit, and the lower token of two equal ones") {
  SamplerSettings s;
  s.temperature = 0;
  CHECK(Sampler(s).sample(rowOf({1, 3, 2, 3}, false), {}).token == 1);
  CHECK(Sampler(s).sample(rowOf({1, 3, 2, 3}, true), {}).token == 1);
  CHECK(Sampler(s).sample(rowOf({-5, -7}, true), {}).token == 0);
}

TEST_CASE("a seed fixes the draws, another seed gives others") {
  const LogitRow row = rowOf(std::vector<float>(50, 0.0f), true);
  const auto draws = [&](std::uint64_t seed) {
    SamplerSettings s;
    s.seed = seed;
    Sampler sampler(s);
    std::vector<TokenId> tokens;
    for (int i = 0; i < 20; ++i) tokens.push_back(sampler.sample(row, {}).token);
    return tokens;
  };
  CHECK(draws(1) == draws(1));
  CHECK(draws(1) != draws(2));
}

TEST_CASE("logits that are no numbers are never chosen, and nothing crashes") {
  for (const float temperature : {0.0f, 1.0f}) {
    SamplerSettings s;
    s.temperature = temperature;
    s.repetitionPenalty = 1.2f;
    s.topK = 0;
    Sampler sampler(s);
    const std::vector<TokenId> history{0, 1, 2};
    LogitRow row;
    row.logSumExp = kNan;
    row.logits = {kNan, 1, kNan};
    CHECK(sampler.sample(row, history).token == 1);
    row.logits = {kNan, kNan, kNan};
    CHECK(sampler.sample(row, history).token == -1);
    row.logits = {0, kInfinity, 5};
    CHECK(sampler.sample(row, history).token == 1);
    row.logits = {-kInfinity, 2, -kInfinity};
    CHECK(sampler.sample(row, history).token == 1);
    row.logits = {-kInfinity, -kInfinity};
    CHECK(sampler.sample(row, history).token >= 0);
    CHECK(sampler.sample(LogitRow{}, history).token == -1);
  }
}

TEST_CASE("stages show what is left after each, and what is drawn comes from the last") {
  const LogitRow row = rowOf({2.0f, 1.0f, 0.5f, 0.0f, -1.0f, -2.0f}, true);
  SamplerSettings s{.temperature = 0.5f, .topK = 4, .topP = 0.9f, .minP = 0.2f, .repetitionPenalty = 2.0f};
  const std::vector<TokenId> history{0};
  const auto stages = samplerStages(s, row, history);
  const auto names = [&] {
    std::vector<std::string> all;
    for (const SamplerStage& stage : stages) all.emplace_back(stage.name);
    return all;
  }();
  REQUIRE(names == std::vector<std::string>{"model", "penalties", "top-k", "temperature", "top-p", "min-p"});
  std::vector<std::size_t> counts;
  for (const SamplerStage& stage : stages) {
    counts.push_back(stage.count);
    double sum = 0;
    for (const auto& entry : stage.top) sum += double{entry.probability};
    CHECK(sum == doctest::Approx(1));
  }
  // Logits 1, 1, 0.5, 0, -1, -2 behind the penalty; weights 1, 1, 0.368, 0.135 at temperature 0.5; 90 % are three of them.
  CHECK(counts == std::vector<std::size_t>{6, 6, 4, 4, 3, 3});
  CHECK(stages[0].top[0].token == 0);
  CHECK(stages[0].top[0].probability == doctest::Approx(std::exp(2.0 - double{row.logSumExp})));
  CHECK(stages[1].top[0].probability == doctest::Approx(double{stages[1].top[1].probability}));
  CHECK(stages[3].top[2].probability == doctest::Approx(std::exp(-1.0) / (2 + std::exp(-1.0) + std::exp(-2.0))));
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    s.seed = seed;
    const TokenId drawn = Sampler(s).sample(row, history).token;
    CHECK(std::ranges::any_of(stages.back().top, [&](const auto& entry) { return entry.token == drawn; }));
  }
  const auto greedy = samplerStages({.temperature = 0}, row, {});
  REQUIRE(greedy.size() == 2);
  CHECK(greedy.back().name == std::string("greedy"));
  CHECK(greedy.back().count == 1);
  CHECK(samplerStages({}, rowOf({kNan, kNan}, true), {}).empty());
}

TEST_CASE("settings out of range are refused with the setting's name and value") {
  CHECK(validate(SamplerSettings{}));
  const auto refused = [](auto change) {
    SamplerSettings s;
    change(s);
    const auto result = validate(s);
    return result ? std::string() : result.error().message;
  };
  CHECK(refused([](auto& s) { s.temperature = -0.5f; }) ==
        "temperature is -0.5; it must be between 0 and 1000");
  CHECK(refused([](auto& s) { s.temperature = kNan; }).starts_with("temperature is"));
  CHECK(refused([](auto& s) { s.temperature = kInfinity; }).starts_with("temperature is"));
  CHECK(refused([](auto& s) { s.topP = 0; }) == "top-p is 0; it must be above 0 and at most 1");
  CHECK(refused([](auto& s) { s.topP = 1.01f; }).starts_with("top-p is"));
  CHECK(refused([](auto& s) { s.minP = -0.1f; }).starts_with("min-p is"));
  CHECK(refused([](auto& s) { s.minP = kNan; }).starts_with("min-p is"));
  CHECK(refused([](auto& s) { s.repetitionPenalty = 0; }).starts_with("repetition penalty is"));
  CHECK(refused([](auto& s) { s.frequencyPenalty = kInfinity; }).starts_with("frequency penalty is"));
  CHECK(refused([](auto& s) { s.presencePenalty = kNan; }).starts_with("presence penalty is"));
}
