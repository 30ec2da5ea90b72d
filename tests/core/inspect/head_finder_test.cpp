// The finder of heads on the demo model, whose induction heads were seeded: its card says which.
#include "core/inspect/head_finder.h"

#include "core/cpu/cpu_backend.h"
#include "support/inspect_checks.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

std::unique_ptr<Session> demo(std::uint32_t context) {
  return inspectSession(createCpuBackend(2), projectFile("resources/demo-model/demo-f16.gguf"), 64, context);
}

}  // namespace

TEST_CASE("the seeded induction heads of the demo model are found, and by their distance from the median") {
  const auto session = demo(128);
  HeadFinder finder(session->model(), {});
  REQUIRE(finder.ownContext() <= 128);
  require(finish(finder, *session));
  CHECK(finder.progress() == 1);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> induction;
  for (std::uint32_t layer = 0; layer < finder.layers(); ++layer)
    for (std::uint32_t head = 0; head < finder.heads(); ++head) {
      if (finder.name(layer, head) == HeadHabit::induction) induction.emplace_back(layer, head);
      if (finder.name(layer, head)) CHECK(finder.standing(*finder.name(layer, head), layer, head) >= HeadFinder::kOutstanding);
      for (const double score : finder.scores(HeadFinder::Source::text, layer, head)) CHECK(score == 0);
    }
  for (const std::uint32_t head : {0u, 2u, 4u, 6u})
    CHECK(std::ranges::find(induction, std::pair{1u, head}) != induction.end());
  CHECK(finder.name(0, 0) == HeadHabit::previous);
}

TEST_CASE("scores on a text are those of its whole patterns") {
  const auto session = demo(128);
  const auto tokens = session->tokenizer().encode("red blue green red blue green red blue green red", true, false);
  HeadFinder finder(session->model(), tokens, {.randomTokens = 8, .rounds = 1});
  require(finish(finder, *session));
  CHECK(finder.textTokens() == tokens.size());
  const Captured captured = capture(*session, tokens, "blk.*.attn.pattern");
  for (std::uint32_t layer = 0; layer < finder.layers(); ++layer) {
    const auto pattern = captured.floats(concat("blk.", layer, ".attn.pattern"));
    const std::size_t size = tokens.size() * tokens.size();
    for (std::uint32_t head = 0; head < finder.heads(); ++head) {
      const HeadScores whole = scoreHead(std::span(pattern).subspan(head * size, size), tokens);
      const HeadScores found = finder.scores(HeadFinder::Source::text, layer, head);
      for (std::size_t habit = 0; habit < kHeadHabitCount; ++habit) CHECK(found[habit] == doctest::Approx(whole[habit]).epsilon(1e-3));
    }
  }
}

TEST_CASE("others may use the session between two steps of the finder") {
  const auto session = demo(128);
  const HeadFinder::Options few{.randomTokens = 5, .rounds = 1};
  HeadFinder alone(session->model(), {}, few), disturbed(session->model(), {}, few);
  require(finish(alone, *session));
  const TokenId other = 7;
  for (int steps = 0; require(disturbed.step(*session)); ++steps) {
    if (steps % 4 != 3) continue;  // somebody who came at every step would leave no time to read again
    require(session->rewind({}));
    require(session->step({&other, 1}, {}));
  }
  for (std::uint32_t head = 0; head < alone.heads(); ++head)
    CHECK(alone.scores(HeadFinder::Source::random, 1, head) == disturbed.scores(HeadFinder::Source::random, 1, head));
}
