#include "core/eval/perplexity.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/eval/score.h"
#include "support/fake_backend.h"
#include "support/real_model.h"

using namespace cutaway;

namespace {

PerplexityResult finish(Perplexity& perplexity) {
  std::uint64_t before = 0;
  while (test::orFail(perplexity.step())) {
    CHECK(perplexity.read() > before);
    before = perplexity.read();
  }
  CHECK(perplexity.read() == perplexity.total());
  return perplexity.result();
}

PerplexityResult measure(Session& session, std::vector<TokenId> tokens, const PerplexityOptions& options) {
  auto perplexity = test::orFail(Perplexity::create(session, std::move(tokens), options));
  return finish(perplexity);
}

using Windows = std::vector<TextWindow>;

}  // namespace

TEST_CASE("windows cover the text, and each token but a window's first counts once") {
  CHECK(textWindows(0, 10, {.context = 4, .stride = 4}) == Windows{{0, 4, 0}, {4, 8, 4}, {8, 10, 8}});
  CHECK(textWindows(0, 9, {.context = 4, .stride = 4}) == Windows{{0, 4, 0}, {4, 8, 4}});
  CHECK(textWindows(5, 7, {.context = 4, .stride = 4}) == Windows{{5, 7, 5}});
  CHECK(textWindows(0, 8, {.context = 4, .stride = 2}) == Windows{{0, 4, 0}, {2, 6, 3}, {4, 8, 5}});
  CHECK(textWindows(0, 7, {.context = 4, .stride = 2}) == Windows{{0, 4, 0}, {2, 6, 3}, {4, 7, 5}});
  CHECK(textWindows(0, 1, {.context = 4, .stride = 4}).empty());
  CHECK(textWindows(3, 3, {.context = 4, .stride = 4}).empty());
}

TEST_CASE("with overlap every token but the first counts exactly once") {
  for (std::uint32_t stride = 1; stride < 7; ++stride)
    for (std::size_t end = 2; end < 40; ++end) {
      std::vector<int> counted(end, 0);
      for (const TextWindow& window : textWindows(0, end, {.context = 7, .stride = stride})) {
        CHECK(window.first >= window.begin);
        CHECK(window.end <= end);
        for (std::size_t i = window.first; i + 1 < window.end; ++i) ++counted[i + 1];
      }
      CHECK(counted[0] == 0);
      CHECK(std::count(counted.begin() + 1, counted.end(), 1) == static_cast<int>(end) - 1);
    }
}

TEST_CASE("the second half alone counts in whole windows") {
  CHECK(textWindows(0, 11, {.context = 4, .stride = 4, .secondHalf = true}) == Windows{{0, 4, 2}, {4, 8, 6}});
  CHECK(textWindows(0, 3, {.context = 4, .stride = 4, .secondHalf = true}).empty());
}

TEST_CASE("options that make no sense are refused") {
  const auto fake = test::fakeModel();
  const auto session = test::orFail(Session::create(fake.model, {.context = 64}));
  const auto refused = [&](std::size_t tokens, const PerplexityOptions& options) {
    const auto result = Perplexity::create(*session, std::vector<TokenId>(tokens, 1), options);
    return result ? std::string() : result.error().message;
  };
  CHECK(refused(100, {.context = 65}) == "a window of 65 tokens does not fit a context of 64");
  CHECK(refused(100, {.context = 16, .stride = 17}) ==
        "a stride of 17 would skip text between windows of 16 tokens");
  CHECK(refused(100, {.context = 1}) == "a window of perplexity needs at least 2 tokens");
  CHECK(refused(1, {}) == "the text has 1 tokens; perplexity needs at least 2");
  CHECK(refused(0, {}) == "the text has 0 tokens; perplexity needs at least 2");
  CHECK(refused(63, {.secondHalf = true}) == "the text has 63 tokens; perplexity needs at least 64");
  CHECK(refused(100, {.secondHalf = true, .documents = true}).starts_with("only one of"));
  CHECK(refused(100, {}).empty());
}

TEST_CASE("a text of one window has the perplexity of its score") {
  const auto fake = test::fakeModel();
  const auto session = test::orFail(Session::create(fake.model, {.context = 128, .maxStepTokens = 20}));
  std::vector<TokenId> tokens;
  for (TokenId t = 0; t < 100; ++t) tokens.push_back(t * 7 % 61 + 1);
  Scoring scoring(*session, tokens, 1);
  while (test::orFail(scoring.step())) {
  }
  const auto result = measure(*session, tokens, {});
  CHECK(result.perplexity == doctest::Approx(scoring.perplexity()).epsilon(1e-9));
  CHECK(result.tokens == 99);
}

TEST_CASE("documents end after the end token, and a line break behind it is none of theirs") {
  const auto fake = test::fakeModel();
  const auto session = test::orFail(Session::create(fake.model, {.context = 128}));
  // The toy's end token is 0. Documents: {a b c end} {d e end} {f g}.
  const std::vector<TokenId> text{'a', 'b', 'c', 0, '\n', 'd', 'e', 0, '\n', '\n', 'f', 'g'};
  CHECK(measure(*session, text, {.documents = true}).tokens == 3 + 2 + 1);
  CHECK(measure(*session, text, {}).tokens == 11);
  const std::vector<TokenId> ended{'a', 'b', 0, '\n'};
  CHECK(measure(*session, ended, {.documents = true}).tokens == 2);
}

TEST_CASE("a window that fails ends with the device's sentence") {
  const auto fake = test::fakeModel();
  const auto session = test::orFail(Session::create(fake.model, {.context = 64}));
  auto perplexity = test::orFail(Perplexity::create(*session, std::vector<TokenId>(100, 1), {.context = 16}));
  fake.backend->failAt = 2;
  CHECK(test::orFail(perplexity.step()));
  CHECK(test::orFail(perplexity.step()));
  const auto failed = perplexity.step();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "Fake: the device was lost");
}

TEST_CASE("the demo model's held-out text has the perplexity of a float64 pass, in every kind of window") {
  const auto oracle =
      nlohmann::json::parse(test::readFile(test::projectFile("tests/oracles/perplexity/perplexity.json")));
  const std::vector<TokenId> tokens = oracle["tokens"];
  const auto session = test::exactSession(test::demoModel(), 128);
  const auto check = [&](const char* kind, PerplexityOptions options) {
    CAPTURE(kind);
    options.context = oracle["context"];
    const auto result = measure(*session, tokens, options);
    CHECK(result.tokens == oracle[kind]["tokens"].get<std::uint64_t>());
    CHECK(result.perplexity == doctest::Approx(oracle[kind]["ppl"].get<double>()).epsilon(1e-4));
    CHECK(result.standardError == doctest::Approx(oracle[kind]["stderr"].get<double>()).epsilon(1e-3));
  };
  check("plain", {});
  check("overlapping", {.stride = oracle["stride"]});
  check("second_half", {.secondHalf = true});
  check("documents", {.documents = true});
}

TEST_CASE("the held-out text, document by document, has the perplexity of the demo model's card" *
          doctest::skip(test::kSanitized)) {
  const auto session = test::exactSession(test::demoModel(), 512);
  const std::string text = test::readFile(test::projectFile("resources/demo-model/demo-eval.txt"));
  const auto result = measure(*session, session->tokenizer().encode(text, true, true), {.documents = true});
  CHECK(result.perplexity == doctest::Approx(1.734).epsilon(0.001));
  MESSAGE(result.perplexity, " +- ", result.standardError, " over ", result.tokens);
}
