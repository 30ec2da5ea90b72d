// Hidden states against numpy, and what reading a text once more does to the session that holds it.
#include "core/inspect/states.h"

#include "core/cpu/cpu_backend.h"
#include "core/inspect/pca.h"
#include "support/inspect_checks.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

nlohmann::json oracle() {
  return nlohmann::json::parse(readFile(projectFile("tests/oracles/states/states.json")));
}

std::unique_ptr<Session> demo(std::uint32_t context = 128) {
  return inspectSession(createCpuBackend(2), projectFile("resources/demo-model/demo-f16.gguf"), 16, context);
}

std::unique_ptr<HiddenStates> statesOf(Session& session, const std::vector<TokenId>& tokens,
                                       const HiddenStates::Options& options = {}) {
  return require(HiddenStates::create(session.model().description->graph(), tokens, options));
}

void read(Session& session, std::span<const TokenId> tokens) {
  require(session.rewind(tokens));
  while (session.tokens().size() < tokens.size()) {
    const std::size_t held = session.tokens().size();
    require(session.step(tokens.subspan(held, std::min<std::size_t>(5, tokens.size() - held)), {}));
  }
}

/// What is behind the cached tokens, to the bit.
std::vector<float> nextLogits(Session& session, std::uint32_t position) {
  return require(session.again(position, {.fullLogits = true})).rows.front().logits;
}

/// The measures of all tokens; equal NaNs.
bool same(const HiddenStates& a, const HiddenStates& b) {
  for (const StateMeasureInfo& info : stateMeasures())
    if (std::memcmp(a.values(info.measure).data(), b.values(info.measure).data(),
                    a.values(info.measure).size_bytes()) != 0)
      return false;
  return std::ranges::equal(a.states(), b.states());
}

}  // namespace

TEST_CASE("norms, changes and cosines of every layer and token are numpy's") {
  const auto expected = oracle();
  const std::vector<TokenId> tokens = expected.at("tokens");
  const auto session = demo();
  const auto found = statesOf(*session, tokens);
  require(finish(*found, *session));
  REQUIRE(found->rows() == expected.at("rows"));
  CHECK(found->progress() == 1);
  for (const StateMeasureInfo& info : stateMeasures()) {
    CAPTURE(info.name);
    CHECK(static_cast<std::size_t>(info.measure) == static_cast<std::size_t>(&info - stateMeasures().data()));
    const auto& wanted = expected.at("measures").at(info.name);
    const auto values = found->values(info.measure);
    REQUIRE(wanted.size() == values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      CHECK(wanted[i].is_null() == std::isnan(values[i]));
      if (!wanted[i].is_null()) {
        const double value = wanted[i];
        CHECK(std::abs(double{values[i]} - value) <= 1e-4 * std::max(1.0, std::abs(value)));
      }
    }
  }
}

TEST_CASE("a token's path along the principal components of all states is numpy's") {
  const auto expected = oracle();
  const auto session = demo();
  const auto found = statesOf(*session, expected.at("tokens").get<std::vector<TokenId>>());
  require(finish(*found, *session));
  ThreadPool pool(2);
  for (const auto& wanted : expected.at("pca")) {
    const Pca pca =
        principalComponents(found->states(), found->width(), {.directions = wanted.at("directions")}, pool);
    const double total = wanted.at("total"), size = std::sqrt(total);
    CHECK(std::abs(pca.totalVariance - total) <= 1e-4 * total);
    for (std::uint32_t row = 0; row < found->rows(); ++row) {
      float place[3];
      pca.project(found->state(wanted.at("token"), row), place);
      for (std::size_t i = 0; i < 3; ++i)
        CHECK(std::abs(double{place[i]} - wanted.at("path")[row * 3 + i].get<double>()) <= 2e-3 * size);
    }
  }
}

TEST_CASE("a session that holds the text and more is as it was afterwards, to the bit") {
  const std::vector<TokenId> all = oracle().at("tokens");
  const std::vector<TokenId> tokens(all.begin(), all.begin() + 30);
  const auto session = demo();
  read(*session, all);
  const auto before = nextLogits(*session, 39);
  const auto found = statesOf(*session, tokens);
  require(finish(*found, *session));
  CHECK(session->tokens() == all);
  CHECK(nextLogits(*session, 39) == before);

  const auto fresh = demo();
  const auto alone = statesOf(*fresh, tokens);
  require(finish(*alone, *fresh));
  CHECK(same(*found, *alone));
  CHECK(fresh->tokens() == tokens);
}

TEST_CASE("a session with no room for a branch, or another text, reads the text in its place") {
  const std::vector<TokenId> all = oracle().at("tokens");
  const std::vector<TokenId> tokens(all.begin(), all.begin() + 32);
  const auto wide = demo();
  const auto expected = statesOf(*wide, tokens);
  require(finish(*expected, *wide));

  const auto full = demo(32);
  read(*full, tokens);
  const auto found = statesOf(*full, tokens);
  require(finish(*found, *full));
  CHECK(same(*found, *expected));
  CHECK(full->tokens() == tokens);

  const auto shared = demo();
  const auto interrupted = statesOf(*shared, tokens);
  REQUIRE(require(interrupted->step(*shared)));
  std::vector<TokenId> other(all.begin(), all.begin() + 3);
  other.push_back(7);
  read(*shared, other);  // somebody else's turn
  require(finish(*interrupted, *shared));
  CHECK(same(*interrupted, *expected));
  CHECK(shared->tokens() == tokens);
}

TEST_CASE("where the states take more than they may, those of some tokens are kept, the last one among them") {
  const std::vector<TokenId> tokens = oracle().at("tokens");
  const auto session = demo();
  const auto all = statesOf(*session, tokens);
  require(finish(*all, *session));
  const std::uint64_t perToken = std::uint64_t{all->rows()} * all->width() * sizeof(float);
  const auto some = statesOf(*session, tokens, {.memory = 12 * perToken});
  require(finish(*some, *session));
  CHECK(some->keptTokens() == std::vector<std::uint32_t>{0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 39});
  CHECK(some->states().size() == 11u * all->rows() * all->width());
  CHECK(std::ranges::equal(some->state(10, 3), all->state(39, 3)));
  CHECK(std::ranges::equal(some->values(StateMeasure::norm), all->values(StateMeasure::norm)));
}

TEST_CASE("no tokens, or more than the session holds, are refused") {
  const auto session = demo(32);
  CHECK(HiddenStates::create(session->model().description->graph(), {}).error().kind == ErrorKind::usage);
  const auto found = statesOf(*session, std::vector<TokenId>(33, 1));
  CHECK(finish(*found, *session).error().kind == ErrorKind::contextFull);
}
