#include "core/eval/bench.h"

#include <doctest/doctest.h>

#include "support/fake_backend.h"

using namespace cutaway;

TEST_CASE("medians") {
  CHECK(median({}) == 0);
  CHECK(median({3}) == 3);
  CHECK(median({5, 1, 3}) == 3);
  CHECK(median({4, 1, 3, 2}) == 2.5);
}

TEST_CASE("a benchmark reads the prompt anew in every repeat and ignores the end token") {
  test::FakeOptions fakeOptions{.perToken = std::chrono::microseconds(100)};
  fakeOptions.next = [](std::span<const TokenId>) -> TokenId { return 0; };
  const auto fake = test::fakeModel(fakeOptions);
  const BenchOptions options{.prompt = 40, .generate = 8, .repeats = 2};
  auto session = Session::create(fake.model, {.context = benchContext(options)});
  REQUIRE(session);
  Bench bench(**session, options);
  int steps = 0;
  while (true) {
    const auto more = bench.step();
    REQUIRE(more);
    ++steps;
    if (!*more) break;
  }
  CHECK(bench.step() == false);
  CHECK(bench.finished() == 2);
  std::size_t read = 0, written = 0;
  for (const std::size_t count : fake.backend->steps) (count > 1 ? read : written) += count;
  CHECK(read == 3 * 40);
  CHECK(written == 3 * 8);
  const BenchResult result = bench.result();
  CHECK(result.promptRate > 0);
  CHECK(result.promptRate < 10000);
  CHECK(result.generateRate > 0);
  CHECK(result.generateRate < 10000);
  CHECK(result.hostMib > 1);
  CHECK(result.deviceMib == doctest::Approx(static_cast<double>(fake.backend->ledger().used()) / (1 << 20)));
}

TEST_CASE("a benchmark that does not fit, or measures nothing, is refused") {
  const auto fake = test::fakeModel();
  auto session = Session::create(fake.model, {.context = 50});
  REQUIRE(session);
  const auto refused = Bench(**session, {.prompt = 40, .generate = 11, .repeats = 1}).step();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "a prompt of 40 tokens and 11 more do not fit a context of 50");
  CHECK_FALSE(Bench(**session, {.prompt = 0, .generate = 1, .repeats = 1}).step());
  CHECK_FALSE(Bench(**session, {.prompt = 1, .generate = 1, .repeats = 0}).step());
}

TEST_CASE("where a step's time goes is refused by devices that cannot tell") {
  const auto fake = test::fakeModel();
  const BenchOptions options{.prompt = 40, .generate = 8, .repeats = 1};
  auto session = Session::create(fake.model, {.context = benchContext(options)});
  REQUIRE(session);
  CHECK_FALSE(benchOps(**session, options));
  CHECK((*session)->tokens().empty());
}
