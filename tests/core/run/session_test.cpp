#include "core/run/session.h"

#include <doctest/doctest.h>

#include <numeric>

#include "support/fake_backend.h"

using namespace cutaway;

namespace {

struct Fixture {
  explicit Fixture(const test::FakeOptions& options = {}, SessionOptions sessionOptions = {.context = 256})
      : fake(test::fakeModel(options)) {
    auto made = Session::create(fake.model, sessionOptions);
    REQUIRE(made);
    session = std::move(*made);
  }
  test::FakeModel fake;
  std::unique_ptr<Session> session;
};

std::vector<TokenId> bytes(std::size_t count, TokenId from = 1) {
  std::vector<TokenId> tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = (from + static_cast<TokenId>(i)) % 256;
  return tokens;
}

}  // namespace

TEST_CASE("a session keeps the longest common prefix and always reads the last token again") {
  Fixture f;
  const auto text = bytes(100);
  CHECK(f.session->rewind(text) == 0u);
  REQUIRE(f.session->step(text, {}));
  CHECK(f.session->rewind(text) == 99u);
  CHECK(f.session->tokens().size() == 99);
  const auto row = f.session->step(std::span(text).last(1), {});
  REQUIRE(row);
  CHECK(row->rows.front().top.front().token == 101);

  auto changed = bytes(120);
  changed[50] = 7;
  CHECK(f.session->rewind(changed) == 50u);
  CHECK(f.session->tokens() == bytes(50));
  CHECK(f.session->rewind({}) == 0u);
  CHECK(f.session->tokens().empty());
}

TEST_CASE("a text longer than the context is refused with both counts and changes nothing") {
  Fixture f;
  REQUIRE(f.session->step(bytes(10), {}));
  const auto refused = f.session->rewind(bytes(257));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::contextFull);
  CHECK(refused.error().message == "the text has 257 tokens, but the context holds only 256");
  CHECK(f.session->tokens().size() == 10);
  CHECK(f.session->rewind(bytes(256)));
}

TEST_CASE("a step refuses what it cannot take, and a failed step changes nothing") {
  Fixture f({}, {.context = 100, .maxStepTokens = 64});
  CHECK(f.session->context() == 100);
  CHECK(f.session->maxStepTokens() == 64);
  CHECK(f.session->step({}, {}).error().kind == ErrorKind::usage);
  CHECK(f.session->step(bytes(65), {}).error().kind == ErrorKind::usage);
  REQUIRE(f.session->step(bytes(64), {}));
  // 100 tokens take four pages of 32 cells: the context ends inside the last one.
  const auto full = f.session->step(bytes(37), {});
  REQUIRE_FALSE(full);
  CHECK(full.error().kind == ErrorKind::contextFull);
  CHECK(full.error().message == "the context holds 100 tokens, of which 64 are used; no room for 37 more");
  f.fake.backend->failAt = 1;
  const auto lost = f.session->step(bytes(10, 65), {});
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::device);
  CHECK(f.session->tokens().size() == 64);
  REQUIRE(f.session->step(bytes(36, 65), {}));
  CHECK(f.session->tokens() == bytes(100));
}

TEST_CASE("logits of every token, with targets, come in the order of the tokens") {
  Fixture f;
  const auto text = bytes(40), targets = bytes(40, 2);
  const auto last = f.session->step(text, {});
  REQUIRE(last);
  CHECK(last->rows.size() == 1);
  REQUIRE(f.session->rewind({}));
  const auto all = f.session->step(text, {.lastOnly = false, .fullLogits = true, .targets = targets});
  REQUIRE(all);
  REQUIRE(all->rows.size() == 40);
  for (std::size_t i = 0; i < 40; ++i) {
    CHECK(all->rows[i].top.front().token == targets[i]);
    CHECK(all->rows[i].targetLogit == 4.0f);
    CHECK(all->rows[i].logits.size() == 256);
  }
}

TEST_CASE("a context that does not fit is refused, saying which would") {
  // 2 layers, 1 head of width 4, F16: 32 bytes a token; scratch takes 16 bytes a token of a step.
  const auto description = test::fakeDescription();
  const std::uint64_t weights = 256 * 8 * 4;
  const test::FakeOptions options{.contextLength = 1 << 20, .memory = weights + 512 * 16 + 32 * 1000};
  auto fake = test::fakeModel(options);
  const auto refused = Session::create(fake.model, {.context = 2000});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::outOfMemory);
  CHECK(refused.error().message ==
        "a context of 2000 tokens for fake needs 63.0 KiB for its F16 cache and 8.0 KiB to work in, but Fake "
        "has only "
        "39.2 KiB free; 992 tokens would fit");
  CHECK(fake.backend->ledger().used() == weights);
  CHECK(Session::create(fake.model, {.context = 992}));
  CHECK_FALSE(Session::create(fake.model, {.context = 993}));

  const auto whatFits = Session::create(fake.model, {});
  REQUIRE(whatFits);
  CHECK((*whatFits)->context() == 992);

  auto tight = test::fakeModel({.memory = weights + 512 * 16 + 100});
  const auto none = Session::create(tight.model, {});
  REQUIRE_FALSE(none);
  CHECK(none.error().message.ends_with("; not even a short context would fit"));
}

TEST_CASE("without being told, the context is the model's own, at most 4096") {
  CHECK(Fixture({.contextLength = 300}, {}).session->context() == 300);
  CHECK(Fixture({.contextLength = 100000}, {}).session->context() == 4096);
}

TEST_CASE("a session gives its memory back") {
  auto fake = test::fakeModel();
  const std::uint64_t before = fake.backend->ledger().used();
  {
    const auto session = Session::create(fake.model, {.context = 64});
    REQUIRE(session);
    CHECK(fake.backend->ledger().used(MemoryClass::cache) == 64 * 32);
  }
  CHECK(fake.backend->ledger().used() == before);
}

TEST_CASE("the first step of a large model is small, unless the device is a discrete GPU") {
  using namespace std::chrono_literals;
  const auto first = [](std::uint32_t width, DeviceKind kind) {
    const Fixture f({.width = width, .memory = std::uint64_t{1} << 40, .kind = kind}, {.context = 64});
    return f.session->chunkTokens(80ms);
  };
  CHECK(first(8, DeviceKind::cpu) == 32);
  CHECK(first(312'500, DeviceKind::cpu) == 10);  // 80 million weights
  CHECK(first(31'250'000, DeviceKind::software) == 2);
  CHECK(first(31'250'000, DeviceKind::discrete) == 32);
}

TEST_CASE("a step queued ahead changes nothing but when it runs") {
  const auto text = bytes(30);
  for (const bool follows : {false, true}) {
    CAPTURE(follows);
    Fixture f({.follows = follows}, {.context = 40});
    const Session::Wanted on{.goesOn = true, .takesTop = true};
    REQUIRE(f.session->rewind({}));
    auto row = f.session->step(text, on);
    std::vector<TokenId> answer;
    for (TokenId token = 31; token < 41; ++token) {
      REQUIRE(row);
      answer.push_back(row->rows.back().top.front().token);
      CHECK(answer.back() == token);
      CHECK(f.session->tokens().size() == 30 + answer.size() - 1);
      if (token < 40) row = f.session->step({&answer.back(), 1}, on);
    }
    // The context is full after the last token: nothing was queued beyond it.
    CHECK(f.session->step({&answer.back(), 1}, on));
    CHECK(f.session->tokens().size() == 40);
    CHECK(f.fake.backend->steps.size() == 11);
    CHECK_FALSE(f.session->step({&answer.back(), 1}, on));
  }
}

TEST_CASE("a step queued ahead for a token that is still to be chosen gives what the token gives") {
  const auto text = bytes(30);
  const std::vector<TokenId> chosen = {99, 7, 8, 200, 31};
  const std::vector<Tap> taps = {{0}};
  for (const bool impatient : {false, true})
    for (const bool looked : {false, true}) {
      CAPTURE(impatient);
      Fixture f({.follows = true}, {.context = 40});
      f.fake.backend->impatient = impatient;
      const Session::Wanted on{
          .fullLogits = looked, .taps = looked ? std::span(taps) : std::span<const Tap>(), .goesOn = true};
      REQUIRE(f.session->step(text, on));
      for (const TokenId token : chosen) {
        const auto row = f.session->step({&token, 1}, on);
        REQUIRE(row);
        CHECK(row->rows[0].top[0].token == token + 1);
        CHECK(row->rows[0].logits.size() == (looked ? 256u : 0u));
        REQUIRE(row->captures.size() == (looked ? 1u : 0u));
        if (looked) CHECK(row->captures[0].data == std::vector<float>{static_cast<float>(token)});
      }
      CHECK(f.session->tokens().size() == 35);
      CHECK(f.fake.backend->steps.size() == (impatient ? 2 + 2 * chosen.size() : 2 + chosen.size()));
      const TokenId other = 5;  // with another wanted, the step in flight is of no use
      const auto row = f.session->step({&other, 1}, {.fullLogits = !looked});
      REQUIRE(row);
      CHECK(row->rows[0].top[0].token == 6);
      CHECK(f.session->rewind(bytes(20)) == 19u);
    }
}

TEST_CASE("a step queued ahead for nothing is forgotten") {
  Fixture f({.follows = true});
  const auto text = bytes(40);
  const Session::Wanted on{.goesOn = true, .takesTop = true};
  REQUIRE(f.session->step(text, on));
  const TokenId other = 99;  // not the most likely one, which is 41
  auto row = f.session->step({&other, 1}, on);
  REQUIRE(row);
  CHECK(row->rows[0].top[0].token == 100);
  CHECK(f.session->tokens().back() == 99);
  CHECK(f.session->rewind(bytes(20)) == 19u);
  row = f.session->step(std::span(text).subspan(19, 1), {});
  REQUIRE(row);
  CHECK(row->rows[0].top[0].token == 21);
  REQUIRE(f.session->step({&other, 1}, on));
  const auto full = f.session->step(std::vector<TokenId>{100}, {.fullLogits = true});
  REQUIRE(full);
  CHECK(full->rows[0].logits.size() == 256);
}

TEST_CASE("a step queued ahead is not taken for one of the same token elsewhere") {
  Fixture f({.next = [](std::span<const TokenId> prefix) { return static_cast<TokenId>(prefix.size()); },
             .follows = true});
  const auto text = bytes(40);
  const auto row = f.session->step(text, {.goesOn = true, .takesTop = true});
  REQUIRE(row);
  const TokenId next = row->rows[0].top[0].token;
  CHECK(next == 40);  // queued for position 40
  auto shorter = bytes(20);
  shorter.push_back(next);
  CHECK(f.session->rewind(shorter) == 20u);
  const auto after = f.session->step({&next, 1}, {});
  REQUIRE(after);
  CHECK(after->rows[0].top[0].token == 21);
}

TEST_CASE("a step that fails takes the one queued behind it along") {
  Fixture f({.follows = true});
  const auto text = bytes(10);
  const Session::Wanted on{.goesOn = true, .takesTop = true};
  REQUIRE(f.session->step(text, on));
  f.fake.backend->failAt = 2;  // the follower of the next step
  const TokenId next = 11;
  auto row = f.session->step({&next, 1}, on);
  REQUIRE(row);  // only speed is lost
  const TokenId after = row->rows[0].top[0].token;
  CHECK(after == 12);
  REQUIRE(f.session->step({&after, 1}, on));
  CHECK(f.session->tokens().size() == 12);
}
