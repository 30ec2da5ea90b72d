#include "core/eval/score.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "support/fake_backend.h"
#include "support/real_model.h"

using namespace cutaway;

namespace {

void finish(Scoring& scoring) {
  while (test::orFail(scoring.step())) {
  }
}

std::unique_ptr<Session> fakeSession(const test::FakeModel& fake) {
  return test::orFail(Session::create(fake.model, {.context = 256, .maxStepTokens = 48}));
}

}  // namespace

TEST_CASE("every position has its candidates and the log-probability of the next token") {
  const auto fake = test::fakeModel();
  const auto session = fakeSession(fake);
  std::vector<TokenId> tokens(100);
  std::iota(tokens.begin(), tokens.end(), 10);
  tokens[60] = 72;  // two above the likeliest, at position 59
  Scoring scoring(*session, tokens, 3);
  finish(scoring);
  REQUIRE(scoring.positions().size() == 100);
  CHECK(fake.backend->steps.size() > 2);
  // Logits fall by 1/4 from token to token, so probabilities are a geometric series.
  const double ratio = std::exp(-0.25), first = std::log((1 - ratio) / (1 - std::pow(ratio, 256)));
  for (std::size_t i = 0; i < 99; ++i) {
    CAPTURE(i);
    const PositionScore& position = scoring.positions()[i];
    REQUIRE(position.top.size() == 3);
    CHECK(position.top[0].token == tokens[i] + 1);
    CHECK(std::log(position.top[2].probability) == doctest::Approx(first - 0.5).epsilon(1e-5));
    const double expected = i == 59 ? first - 0.5 : i == 60 ? first - 0.25 * 254 : first;
    CHECK(*position.nextLogprob == doctest::Approx(expected).epsilon(1e-5));
  }
  CHECK_FALSE(scoring.positions().back().nextLogprob);
  CHECK(std::log(scoring.perplexity()) == doctest::Approx(-first + (0.5 + 0.25 * 254) / 99).epsilon(1e-5));
}

TEST_CASE("more candidates than the device gives come from all logits") {
  const auto fake = test::fakeModel();
  const auto session = fakeSession(fake);
  Scoring scoring(*session, {1, 2, 3}, 100);
  finish(scoring);
  for (const PositionScore& position : scoring.positions()) {
    REQUIRE(position.top.size() == 100);
    for (int i = 0; i < 100; ++i) CHECK(position.top[i].token == position.top[0].token + i);
  }
  Scoring all(*session, {1}, 1000);
  finish(all);
  CHECK(all.positions()[0].top.size() == 256);
  Scoring none(*session, {1}, 0);
  finish(none);
  CHECK(none.positions()[0].top.empty());
  CHECK(std::isnan(none.perplexity()));
}

TEST_CASE("an empty text and one that does not fit are refused") {
  const auto fake = test::fakeModel();
  const auto session = fakeSession(fake);
  CHECK(Scoring(*session, {}, 5).step().error().kind == ErrorKind::badInput);
  CHECK(Scoring(*session, std::vector<TokenId>(257, 1), 5).step().error().kind == ErrorKind::contextFull);
  CHECK(fake.backend->steps.empty());
}

namespace {

void checkOracle(const std::string& model, const std::string& oracleFile, double tolerance) {
  const auto oracle = nlohmann::json::parse(test::readFile(test::projectFile("tests/oracles/" + oracleFile)));
  const auto session = test::exactSession(test::loadOnCpu(model));
  Scoring scoring(*session, oracle["tokens"], kTopLogits);
  finish(scoring);
  CHECK(scoring.perplexity() == doctest::Approx(oracle["ppl"].get<double>()).epsilon(tolerance));
  for (std::size_t i = 0; i + 1 < oracle["positions"].size(); ++i) {
    const double expected = std::exp(oracle["positions"][i]["next_logprob"].get<double>());
    CHECK(std::abs(std::exp(*scoring.positions()[i].nextLogprob) - expected) < tolerance);
    const auto& best = oracle["positions"][i]["top"][0];
    CHECK(std::abs(scoring.positions()[i].top[0].probability - best[1].get<double>()) < tolerance);
  }
}

}  // namespace

TEST_CASE("stories260K's text is as likely as llama.cpp says") {
  if (const auto path = test::sharedFile("models/stories260K-f32.gguf"))
    checkOracle(*path, "stories260K-llama.cpp.json", 1e-3);
}

TEST_CASE("the demo model's text is as likely as llama.cpp says") {
  checkOracle(test::projectFile("resources/demo-model/demo-f16.gguf"), "demo-llama.cpp.json", 5e-3);
}
