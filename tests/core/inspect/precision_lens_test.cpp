#include "core/inspect/precision_lens.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "support/quantized_demo.h"

using namespace cutaway;

namespace {

using Json = nlohmann::json;

struct Pair {
  test::QuantizedDemo quantized;
  std::shared_ptr<const Model> a = test::demoModel(), b = test::loadOnCpu(quantized.path());
  std::unique_ptr<Session> sessionA = test::exactSession(a, 128), sessionB = test::exactSession(b, 128);

  std::unique_ptr<PrecisionLens> lens(std::vector<TokenId> tokens, PrecisionLens::Options options = {}) const {
    auto made = test::orFail(PrecisionLens::create(*a, *b, std::move(tokens), options));
    double before = 0;
    while (test::orFail(made->step(*sessionA, *sessionB))) {
      CHECK(made->progress() >= before);
      before = made->progress();
    }
    CHECK(made->progress() == 1);
    return made;
  }
};

Json oracle() {
  return Json::parse(test::readFile(test::projectFile("tests/oracles/comparison/comparison.json")));
}

std::vector<TokenId> firstTokens(std::size_t count) {
  std::vector<TokenId> tokens = oracle()["held_out"]["tokens"];
  tokens.resize(count);
  return tokens;
}

double mean(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

void checkClose(double value, const Json& expected, double relative) {
  CHECK(value == doctest::Approx(expected.get<double>()).epsilon(relative));
}

}  // namespace

TEST_CASE("where F16 and Q4_0 part is where a float64 pass says") {
  const Json expected = oracle()["lens"];
  const std::size_t tokens = expected["count"];
  const Pair pair;
  const auto lens = pair.lens(firstTokens(tokens));
  REQUIRE(lens->streamRows() == expected["relative_error"].size());
  for (std::uint32_t row = 0; row < lens->streamRows(); ++row) {
    CAPTURE(lens->streamRowName(row));
    checkClose(mean(lens->relativeErrors().subspan(row * tokens, tokens)), expected["relative_error"][row], 2e-3);
    checkClose(mean(lens->cosines().subspan(row * tokens, tokens)), expected["cosine"][row], 1e-3);
  }
  CHECK(lens->streamRowName(0) == "embed");
  CHECK(lens->streamRowName(5) == "blk.2.resid_mid");
  CHECK(lens->streamRowName(12) == "blk.5.resid_post");
  for (std::uint32_t layer = 0; layer < lens->layers(); ++layer)
    for (std::uint32_t head = 0; head < lens->heads(); ++head)
      checkClose(lens->meanShift(layer, head), expected["attention"][layer][head], 5e-3);
  for (std::uint32_t row = 0; row <= lens->layers(); ++row)
    checkClose(mean(lens->lensDivergences().subspan(row * tokens, tokens)), expected["lens_kl"][row], 1e-2);
}

TEST_CASE("sessions that hold the text stay as they were, and others may use them in between") {
  const Pair pair;
  const std::vector<TokenId> tokens = firstTokens(40);
  const auto alone = pair.lens(tokens);
  CHECK(pair.sessionA->tokens() == tokens);
  CHECK(pair.sessionB->tokens() == tokens);
  auto disturbed = test::orFail(PrecisionLens::create(*pair.a, *pair.b, tokens, {}));
  constexpr int kDisturbed = 60;  // steps; a slow device reads too little between two of them to get on
  for (int i = 0; test::orFail(disturbed->step(*pair.sessionA, *pair.sessionB)); ++i)
    if (i < kDisturbed && i % 5 == 2) test::orFail((i % 2 == 0 ? *pair.sessionA : *pair.sessionB).rewind({}));
  CHECK(disturbed->lensDivergences().back() == doctest::Approx(alone->lensDivergences().back()).epsilon(1e-4));
  CHECK(disturbed->relativeErrors().back() == doctest::Approx(alone->relativeErrors().back()).epsilon(1e-4));
  const auto brief = pair.lens(tokens, {.attention = false, .logits = false});
  CHECK(brief->attentionShifts().empty());
  CHECK(brief->lensDivergences().empty());
  CHECK(brief->cosines().back() == doctest::Approx(alone->cosines().back()).epsilon(1e-5));
}

TEST_CASE("models of other shapes and no tokens are refused") {
  const auto demo = test::demoModel();
  CHECK_FALSE(PrecisionLens::create(*demo, *demo, {}, {}));
  const auto same = test::orFail(PrecisionLens::create(*demo, *demo, firstTokens(9), {}));
  const auto a = test::exactSession(demo, 32), b = test::exactSession(demo, 32);
  while (test::orFail(same->step(*a, *b))) {
  }
  for (const float error : same->relativeErrors()) CHECK(error == 0);
  for (const float shift : same->attentionShifts()) CHECK(shift == 0);
  for (const float kl : same->lensDivergences()) CHECK(kl == 0);
}
