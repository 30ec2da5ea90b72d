#include "core/eval/step_meter.h"

#include <doctest/doctest.h>

#include "core/run/generation.h"
#include "support/fake_backend.h"

using namespace cutaway;

namespace {

struct Answer {
  std::vector<TokenId> tokens, cached;
};

/// An answer of 40 tokens to a question of 300, with every step measured that the meter wants.
Answer answer(const test::FakeModel& fake, StepMeter* meter) {
  auto session = Session::create(fake.model, {.context = 400, .maxStepTokens = 128});
  REQUIRE(session);
  GenerationOptions options;
  options.sampler.temperature = 0;
  options.maxTokens = 40;
  Generation generation(**session, test::fakeTokens(std::string(300, 'q')), options);
  if (meter) meter->begin();
  while (true) {
    const std::uint32_t before = generation.promptRead();
    const auto state = generation.step();
    REQUIRE(state);
    if (*state == Generation::State::done) break;
    const std::uint32_t read = generation.promptRead() - before;
    if (!meter || !meter->wants(std::max(read, 1u), *state == Generation::State::writing)) continue;
    REQUIRE(meter->measure(**session, std::max(read, 1u)));
  }
  return {generation.tokens(), (*session)->tokens()};
}

}  // namespace

TEST_CASE("measuring steps of an answer changes nothing about it") {
  for (const bool follows : {false, true}) {
    CAPTURE(follows);
    const auto plain = answer(test::fakeModel({.follows = follows}), nullptr);
    StepMeter meter;
    const auto measured = answer(test::fakeModel({.follows = follows, .tellsTime = true}), &meter);
    CHECK(measured.tokens == plain.tokens);
    CHECK(measured.cached == plain.cached);
    CHECK(meter.problem().empty());
    CHECK(meter.times().promptTokens > 1);
    CHECK(meter.times().prompt.ops.at(0).bytes == meter.times().promptTokens);
    CHECK(meter.measured() >= 1);
    CHECK(meter.measured() < 40);
    CHECK(meter.length() > 300);
    CHECK(meter.times().generate.seconds == doctest::Approx(1e-6));
    CHECK(meter.times().generate.ops.at(0).seconds == doctest::Approx(1e-6));
    meter.begin();
    CHECK(meter.measured() == 0);
    CHECK(meter.times().generate.ops.empty());
    CHECK(meter.times().promptTokens > 1);
  }
}

TEST_CASE("a device that cannot tell is asked once, and the answer goes on") {
  const auto plain = answer(test::fakeModel(), nullptr);
  StepMeter meter;
  const auto tried = answer(test::fakeModel(), &meter);
  CHECK(tried.tokens == plain.tokens);
  CHECK(tried.cached == plain.cached);
  CHECK(meter.problem() == "this device does not tell where a step's time goes");
  CHECK(meter.measured() == 0);
  CHECK_FALSE(meter.wants(1, true));
}

TEST_CASE("means of steps weigh each one alike, also an op that only some have") {
  StepTiming mean;
  addTiming(mean, {{{"a", 1, 2.0, 10}}, 3.0}, 0);
  addTiming(mean, {{{"b", 2, 1.0, 5}, {"a", 1, 4.0, 10}}, 5.0}, 1);
  CHECK(mean.seconds == doctest::Approx(4));
  REQUIRE(mean.ops.size() == 2);
  CHECK(mean.ops[0].kind == "a");
  CHECK(mean.ops[0].seconds == doctest::Approx(3));
  CHECK(mean.ops[1].seconds == doctest::Approx(0.5));
  CHECK(mean.ops[1].launches == 2);
}
