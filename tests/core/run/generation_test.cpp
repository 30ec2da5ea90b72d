#include "core/run/generation.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "support/fake_backend.h"

using namespace cutaway;

namespace {

GenerationOptions greedy(std::uint32_t maxTokens = 0) {
  GenerationOptions options;
  options.sampler.temperature = 0;
  options.maxTokens = maxTokens;
  return options;
}

/// Continues as `answer` says after any prompt of `prompt` bytes, then with the end token.
test::FakeOptions answering(std::size_t prompt, std::string answer) {
  test::FakeOptions options;
  options.next = [=](std::span<const TokenId> prefix) -> TokenId {
    const std::size_t written = prefix.size() - prompt;
    return written < answer.size() ? static_cast<unsigned char>(answer[written]) : 0;
  };
  return options;
}

struct Run {
  std::vector<TokenEvent> events;
  std::string text;
  std::string error;
};

/// Steps to the end, at most `steps`, and joins the texts.
Run finish(Generation& generation, int steps = 10000) {
  Run run;
  const auto take = [&] {
    for (auto& event : generation.takeEvents()) {
      run.text += event.text;
      run.events.push_back(std::move(event));
    }
  };
  for (int i = 0; i < steps; ++i) {
    const auto state = generation.step();
    take();
    if (!state) run.error = state.error().message;
    if (!state || *state == Generation::State::done) break;
  }
  return run;
}

struct Fixture {
  explicit Fixture(const test::FakeOptions& options = {}, SessionOptions sessionOptions = {.context = 256})
      : fake(test::fakeModel(options)), session(std::move(*Session::create(fake.model, sessionOptions))) {}
  test::FakeModel fake;
  std::unique_ptr<Session> session;
};

std::size_t stepped(const test::FakeBackend& backend) {
  return std::accumulate(backend.steps.begin(), backend.steps.end(), std::size_t{0});
}

}  // namespace

TEST_CASE("an answer runs to the end token, which is a token without text") {
  Fixture f(answering(5, "fine"));
  Generation generation(*f.session, test::fakeTokens("hello"), greedy());
  const Run run = finish(generation);
  CHECK(run.text == "fine");
  auto expected = test::fakeTokens("fine");
  expected.push_back(0);
  CHECK(generation.tokens() == expected);
  CHECK(generation.reason() == StopReason::eos);
  CHECK(run.events.size() == 5);
  CHECK(run.events.back().token == 0);
  CHECK(run.events.back().text.empty());
  CHECK(generation.stats().promptTokens == 5);
  CHECK(generation.stats().generatedTokens == 5);
  CHECK(generation.promptRead() == 5);
  CHECK(generation.step() == Generation::State::done);
}

TEST_CASE("it goes on past the end token when told so, up to the limit") {
  Fixture f(answering(2, "a"));
  auto options = greedy(4);
  options.ignoreEnd = true;
  Generation generation(*f.session, test::fakeTokens("ab"), options);
  CHECK(finish(generation).text == "a");
  CHECK(generation.tokens() == std::vector<TokenId>{'a', 0, 0, 0});
  CHECK(generation.reason() == StopReason::length);
}

TEST_CASE("a second turn reads only what is new") {
  Fixture f;
  auto text = test::fakeTokens("abcdefghij");
  Generation first(*f.session, text, greedy(6));
  finish(first);
  CHECK(first.stats().reusedTokens == 0);
  CHECK(stepped(*f.fake.backend) == 10 + 5);  // the last token is not read before the next turn
  text.insert(text.end(), first.tokens().begin(), first.tokens().end());
  const auto question = test::fakeTokens("and then?");
  text.insert(text.end(), question.begin(), question.end());
  Generation second(*f.session, text, greedy(1));
  finish(second);
  CHECK(second.stats().reusedTokens == 15);
  CHECK(second.stats().promptTokens == 25);
  CHECK(stepped(*f.fake.backend) == 25);
}

TEST_CASE("regenerating gives the same answer from the same cache") {
  Fixture f;
  GenerationOptions options;
  options.sampler.seed = 11;
  options.maxTokens = 40;
  const auto prompt = test::fakeTokens("once upon");
  Generation first(*f.session, prompt, options);
  finish(first);
  Generation again(*f.session, prompt, options);
  finish(again);
  CHECK(again.tokens() == first.tokens());
  CHECK(again.stats().reusedTokens == prompt.size() - 1);
  options.sampler.seed = 12;
  Generation other(*f.session, prompt, options);
  finish(other);
  CHECK(other.tokens() != first.tokens());
}

TEST_CASE("a long prompt is read in chunks, and every state is told") {
  Fixture f({}, {.context = 512, .maxStepTokens = 64});
  std::vector<TokenId> prompt(300, 5);
  Generation generation(*f.session, prompt, greedy(2));
  std::vector<Generation::State> states;
  for (auto state = generation.step();; state = generation.step()) {
    REQUIRE(state);
    states.push_back(*state);
    if (*state == Generation::State::done) break;
  }
  CHECK(f.fake.backend->steps.front() == ChunkPlanner::kFirst);
  CHECK(f.fake.backend->steps[1] == 64);
  CHECK(states.front() == Generation::State::reading);
  CHECK(states[states.size() - 2] == Generation::State::writing);
  CHECK(states.back() == Generation::State::done);
  CHECK(generation.promptRead() == 300);
}

TEST_CASE("chunks of a slow device stay near the budget") {
  Fixture f({.perToken = std::chrono::milliseconds(4)});
  Generation generation(*f.session, std::vector<TokenId>(120, 5), greedy(1));
  finish(generation);
  for (std::size_t i = 1; i < f.fake.backend->steps.size(); ++i) CHECK(f.fake.backend->steps[i] <= 40);
}

TEST_CASE("cancelling while the prompt is read keeps what was read, and the next answer is right") {
  Fixture f({}, {.context = 512, .maxStepTokens = 50});
  const std::vector<TokenId> prompt(200, 7);
  Generation cancelled(*f.session, prompt, greedy());
  CHECK(cancelled.step() == Generation::State::reading);
  CHECK(cancelled.step() == Generation::State::reading);
  cancelled.cancel();
  CHECK(cancelled.reason() == StopReason::cancelled);
  CHECK(cancelled.step() == Generation::State::done);
  CHECK(cancelled.promptRead() == ChunkPlanner::kFirst + 50);
  Generation next(*f.session, prompt, greedy(3));
  CHECK(finish(next).text == "\x08\x09\x0a");
  CHECK(next.stats().reusedTokens == ChunkPlanner::kFirst + 50);
}

TEST_CASE("cancelling while it writes keeps the text; what was held back comes as an event without a token") {
  Fixture f(answering(2, "ab\nxyz"));
  auto options = greedy();
  options.stopStrings = {"\n\n"};
  Generation generation(*f.session, test::fakeTokens("hi"), options);
  CHECK(finish(generation, 3).text == "ab");
  generation.cancel();
  generation.cancel();
  CHECK(generation.reason() == StopReason::cancelled);
  CHECK(generation.tokens().size() == 3);
  const auto events = generation.takeEvents();
  REQUIRE(events.size() == 1);
  CHECK(events[0].token == -1);
  CHECK(events[0].text == "\n");
}

TEST_CASE("a stop string ends the answer before it, its tokens stay") {
  Fixture f(answering(2, "one two END three"));
  auto options = greedy();
  options.stopStrings = {"ENDING", " END"};
  Generation generation(*f.session, test::fakeTokens("hi"), options);
  CHECK(finish(generation).text == "one two");
  CHECK(generation.reason() == StopReason::stop);
  CHECK(generation.tokens() == test::fakeTokens("one two END"));
}

TEST_CASE("events never hold half a character, and joined they are the text") {
  Fixture f(answering(2, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z\xE2\x82"));
  Generation generation(*f.session, test::fakeTokens("hi"), greedy());
  const Run run = finish(generation);
  CHECK(run.text == "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z\xEF\xBF\xBD");
  CHECK(run.events[1].text.empty());
  CHECK(run.events[2].text == "\xC3\xA9");
}

TEST_CASE("an answer ends when the context is full, and keeps its text") {
  Fixture f({}, {.context = 40});
  Generation generation(*f.session, std::vector<TokenId>(38, 'a'), greedy());
  const Run run = finish(generation);
  CHECK(run.text == "bcd");
  CHECK(generation.reason() == StopReason::contextFull);
  CHECK(std::string_view(stopReasonName(generation.reason())) == "length");
  CHECK(f.session->tokens().size() == 40);

  Generation exact(*f.session, std::vector<TokenId>(40, 'a'), greedy());
  CHECK(finish(exact).text == "b");
  CHECK(exact.reason() == StopReason::contextFull);

  Generation tooLong(*f.session, std::vector<TokenId>(41, 'a'), greedy());
  CHECK(finish(tooLong).error == "the text has 41 tokens, but the context holds only 40");
}

TEST_CASE("errors end it with a sentence and keep what was written") {
  Fixture f(answering(2, "abcdef"));
  Generation empty(*f.session, {}, greedy());
  CHECK(finish(empty).error == "the prompt is empty: there is nothing to continue from");
  auto broken = greedy();
  broken.sampler.topP = 2;
  Generation invalid(*f.session, {1}, broken);
  CHECK(finish(invalid).error == "top-p is 2; it must be above 0 and at most 1");

  f.fake.backend->failAt = 3;
  Generation lost(*f.session, test::fakeTokens("hi"), greedy());
  const Run run = finish(lost);
  CHECK(run.error == "Fake: the device was lost");
  CHECK(run.text == "abc");
  CHECK(lost.step() == Generation::State::done);
  Generation again(*f.session, test::fakeTokens("hi"), greedy());
  CHECK(finish(again).text == "abcdef");
}

TEST_CASE("a model that produces NaN is reported with the position") {
  test::FakeOptions options;
  options.change = [](std::vector<float>& logits, std::size_t position) {
    if (position == 6) logits.assign(logits.size(), std::numeric_limits<float>::quiet_NaN());
  };
  Fixture f(options);
  Generation generation(*f.session, test::fakeTokens("abcd"), greedy());
  const Run run = finish(generation);
  CHECK(run.error.starts_with("the model produced NaN at position 6;"));
  CHECK(run.text == "efg");
}

TEST_CASE("a token knows its probability, its alternatives and the entropy") {
  Fixture f;
  auto options = greedy(1);
  options.alternatives = 3;
  Generation generation(*f.session, test::fakeTokens("a"), options);
  const Run run = finish(generation);
  REQUIRE(run.events.size() == 1);
  const TokenEvent& event = run.events[0];
  // Logits fall by 1/4 from token to token, so probabilities are a geometric series.
  const double ratio = std::exp(-0.25), first = (1 - ratio) / (1 - std::pow(ratio, 256));
  CHECK(event.token == 'b');
  CHECK(event.probability == doctest::Approx(first).epsilon(1e-5));
  REQUIRE(event.alternatives.size() == 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(event.alternatives[i].token == 'b' + i);
    CHECK(event.alternatives[i].probability == doctest::Approx(first * std::pow(ratio, i)).epsilon(1e-5));
  }
  double entropy = 0;
  for (int i = 0; i < 256; ++i) entropy -= first * std::pow(ratio, i) * std::log(first * std::pow(ratio, i));
  CHECK(event.entropy == doctest::Approx(entropy).epsilon(1e-4));
}

TEST_CASE("the times count what was read and written") {
  Fixture f({.perToken = std::chrono::milliseconds(1)});
  Generation generation(*f.session, std::vector<TokenId>(50, 'a'), greedy(5));
  finish(generation);
  const GenerationStats& stats = generation.stats();
  CHECK(stats.promptSeconds >= 0.050);
  CHECK(stats.timeToFirstToken >= stats.promptSeconds);
  CHECK(stats.generateSeconds >= 0.004);
  CHECK(stats.promptRate() == doctest::Approx(50 / stats.promptSeconds));
  CHECK(stats.generateRate() == doctest::Approx(4 / stats.generateSeconds));
  CHECK(GenerationStats{}.promptRate() == 0);
  CHECK(GenerationStats{}.generateRate() == 0);
}
