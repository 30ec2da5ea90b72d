#include "core/inspect/recall.h"

#include "core/run/generation.h"
#include "support/fake_backend.h"
#include "support/real_model.h"

using namespace cutaway;

namespace {

constexpr const char* kText =
    "Once upon a time, a clever fox named Nina lived in a green valley. Nina wanted to see what was behind the hill. "
    "So she took a little lamp and started to walk.";

std::vector<TokenId> tokensOf(const Session& session, std::string_view text) {
  return session.tokenizer().encode(text, true, false);
}

/// Row t of a (H, T, N) pattern, as far as t can look: (H, t + 1).
std::vector<float> rowOf(const Capture& pattern, std::uint32_t token) {
  const std::size_t heads = pattern.shape.at(0), tokens = pattern.shape.at(1), length = pattern.shape.at(2);
  std::vector<float> row;
  for (std::size_t head = 0; head < heads; ++head) {
    const auto first = pattern.data.begin() + static_cast<std::ptrdiff_t>((head * tokens + token) * length);
    row.insert(row.end(), first, first + token + 1);
  }
  return row;
}

std::vector<Capture> recalled(Session& session, Recall& recall, int& steps) {
  for (steps = 1; test::orFail(recall.step(session)); ++steps) {
  }
  return recall.captures();
}

}  // namespace

TEST_CASE("a cached token run again attends as it did, and nothing cached changes") {
  const auto model = test::demoModel();
  const Tap pattern{model->description->graph().find("blk.2.attn.pattern")};
  const auto session = test::exactSession(model, 256), untouched = test::exactSession(model, 256);
  const auto tokens = tokensOf(*session, kText);
  REQUIRE(tokens.size() > 36);
  const auto whole = test::orFail(session->step(tokens, {.taps = {&pattern, 1}}));
  test::orFail(untouched->step(tokens, {}));
  for (const std::uint32_t position : {0u, 1u, 31u, 32u, 33u, static_cast<std::uint32_t>(tokens.size()) - 1}) {
    CAPTURE(position);
    const auto once = test::orFail(session->again(position, {.taps = {&pattern, 1}}));
    CHECK(once.captures.at(0).shape.at(1) == 1);
    CHECK(once.captures.at(0).shape.at(2) == position + 1);
    CHECK(once.captures.at(0).data == rowOf(whole.captures.at(0), position));
    CHECK(session->tokens() == tokens);
  }
  const auto last = test::orFail(session->again(static_cast<std::uint32_t>(tokens.size()) - 1, {}));
  CHECK(last.rows.at(0).logSumExp == whole.rows.at(0).logSumExp);
  const TokenId next = tokens.front();
  const auto after = test::orFail(session->step({&next, 1}, {.fullLogits = true}));
  CHECK(after.rows.at(0).logits == test::orFail(untouched->step({&next, 1}, {.fullLogits = true})).rows.at(0).logits);
}

TEST_CASE("values of a text are recalled from the cache, or by reading it again") {
  const auto model = test::demoModel();
  const std::vector<ValueId> values = {model->description->graph().find("blk.0.attn.pattern"),
                                       model->description->graph().find("blk.1.resid_post")};
  const auto session = test::exactSession(model, 256);
  const auto tokens = tokensOf(*session, kText);
  const auto asked = std::vector(tokens.begin(), tokens.begin() + 20);
  const std::vector<Tap> taps = {{values[0]}, {values[1]}};
  const auto whole = test::orFail(session->step(tokens, {.taps = taps}));
  int steps = 0;

  Recall cached(asked, values);
  const auto first = recalled(*session, cached, steps);
  CHECK(steps == 1);
  CHECK(session->tokens() == tokens);
  CHECK(first.at(0).data == rowOf(whole.captures.at(0), 19));
  CHECK(std::ranges::equal(first.at(1).data, std::span(whole.captures.at(1).data).subspan(19 * first.at(1).data.size(),
                                                                                            first.at(1).data.size())));

  const auto other = tokensOf(*session, "Nothing like it, at all.");
  test::orFail(session->rewind(other));
  test::orFail(session->step(other, {}));
  Recall read(asked, values);
  const bool more = test::orFail(read.step(*session));
  CHECK(more);
  CHECK(read.progress() > 0);
  test::orFail(session->rewind(other));  // somebody else's turn
  test::orFail(session->step(std::span(other).last(other.size() - session->tokens().size()), {}));
  const auto second = recalled(*session, read, steps);
  CHECK(steps >= 2);
  CHECK(read.progress() == 1);
  CHECK(session->tokens() == asked);
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(second.at(i).data == first.at(i).data);
}

TEST_CASE("what cannot be run again is refused, and stays as it was") {
  const auto fake = test::fakeModel();
  const auto session = test::orFail(Session::create(fake.model, {.context = 64}));
  const auto tokens = test::fakeTokens(std::string(64, 'a'));
  test::orFail(session->step(tokens, {}));
  const auto beyond = session->again(64, {});
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().message == "there is no token at position 64; 64 are cached");
  const auto full = session->again(40, {});  // its page would have to be copied
  REQUIRE_FALSE(full);
  CHECK(full.error().kind == ErrorKind::contextFull);
  CHECK(session->tokens() == tokens);
  CHECK_FALSE(Recall({}, {}).step(*session));
  const auto tooLong = Recall(test::fakeTokens(std::string(65, 'b')), {}).step(*session);
  REQUIRE_FALSE(tooLong);
  CHECK(tooLong.error().kind == ErrorKind::contextFull);
  CHECK(session->tokens() == tokens);
}

TEST_CASE("tokens run again between the steps of an answer change nothing about it") {
  for (const bool follows : {false, true}) {
    CAPTURE(follows);
    std::vector<TokenId> answers[2];
    for (const bool disturbed : {false, true}) {
      const auto fake = test::fakeModel({.follows = follows});
      const auto session = test::orFail(Session::create(fake.model, {.context = 256}));
      GenerationOptions options;
      options.sampler.temperature = 0;
      options.maxTokens = 40;
      Generation generation(*session, test::fakeTokens("A question of more than one page of thirty-two cells"), options);
      while (test::orFail(generation.step()) != Generation::State::done)
        if (disturbed) test::orFail(session->again(static_cast<std::uint32_t>(session->tokens().size()) / 2, {}));
      answers[disturbed] = generation.tokens();
    }
    CHECK(answers[0] == answers[1]);
    CHECK(answers[0].size() == 40);
  }
}
