#include "core/eval/comparison.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "support/fake_backend.h"
#include "support/quantized_demo.h"

using namespace cutaway;

namespace {

using Json = nlohmann::json;

Json oracle() {
  return Json::parse(test::readFile(test::projectFile("tests/oracles/comparison/comparison.json")));
}

void finish(Comparison& comparison) {
  std::uint64_t before = 0;
  while (test::orFail(comparison.step())) {
    CHECK(comparison.read() > before);
    before = comparison.read();
  }
}

/// As the issue states it: 2 % or 2e-4 nats.
void checkKl(double value, const Json& expected) {
  const double e = expected;
  CHECK(std::abs(value - e) <= std::max(0.02 * e, 2e-4));
}

void checkAgainst(const Comparison& comparison, const Json& expected) {
  const DivergenceStatistics s = comparison.statistics();
  CHECK(s.perplexityA.value == doctest::Approx(expected["ppl_a"].get<double>()).epsilon(1e-3));
  CHECK(s.perplexityB.value == doctest::Approx(expected["ppl_b"].get<double>()).epsilon(2e-3));
  const Json& kl = expected["kld"];
  checkKl(s.meanKl.value, kl["mean"]);
  for (std::size_t i = 0; i < s.kl.size(); ++i)
    checkKl(s.kl[i].value, kl[std::array{"median", "p90", "p99", "p999"}[i]]);
  checkKl(s.largestKl, kl["max"]);
  CHECK(s.sameTop.value == doctest::Approx(expected["same_top"].get<double>()).epsilon(0.01));
  CHECK(s.rmsChange.value == doctest::Approx(expected["rms_dp"].get<double>()).epsilon(0.01));
  const auto layers = comparison.layers();
  REQUIRE(layers.size() == expected["cosine"].size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    CHECK(layers[i].layer == i);
    CHECK(layers[i].cosine == doctest::Approx(expected["cosine"][i].get<double>()).epsilon(1e-3));
    CHECK(std::abs(layers[i].signalToNoise - expected["snr_db"][i].get<double>()) < 0.1);
    CHECK(layers[i].relativeError > 0);
  }
}

struct Pair {
  test::QuantizedDemo quantized;
  std::unique_ptr<Session> a = test::exactSession(test::demoModel(), 128);
  std::unique_ptr<Session> b = test::exactSession(test::loadOnCpu(quantized.path()), 128);
};

}  // namespace

TEST_CASE("F16 beside Q4_0 on held-out text diverges as a float64 pass says") {
  const Json json = oracle();
  const Pair pair;
  const std::vector<TokenId> tokens = json["held_out"]["tokens"];
  auto comparison = test::orFail(
      Comparison::create(*pair.a, *pair.b, tokens, {.windows = {.context = json["context"].get<std::uint32_t>()}}));
  std::vector<Divergence> seen;
  comparison.showRows([&](std::span<const float> a, std::span<const float> b, TokenId next) {
    seen.push_back(divergenceOf(a, b, next));
  });
  finish(comparison);
  CHECK(comparison.read() == comparison.total());
  CHECK(comparison.plannedPlaces() == comparison.places().size());
  checkAgainst(comparison, json["held_out"]);
  REQUIRE(seen.size() == comparison.places().size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK(seen[i].kl == comparison.places()[i].kl);
    CHECK(tokens[comparison.tokenOfPlace()[i] + 1] == seen[i].chosen);
  }
}

TEST_CASE("F16 beside Q4_0 on text that the model does not know diverges as a float64 pass says" *
          doctest::skip(test::kSanitized)) {
  const auto text = test::sharedFile("data/wikitext-2-test.txt");
  if (!text) return;
  const Json json = oracle();
  const Pair pair;
  std::vector<TokenId> tokens = pair.a->tokenizer().encode(test::readFile(*text).substr(0, 8000), true, false);
  tokens.resize(json["wikitext"]["count"]);
  auto comparison = test::orFail(
      Comparison::create(*pair.a, *pair.b, tokens, {.windows = {.context = json["context"].get<std::uint32_t>()}}));
  finish(comparison);
  checkAgainst(comparison, json["wikitext"]);
}

TEST_CASE("a model beside itself does not diverge, and its perplexity is that of Perplexity") {
  const auto model = test::demoModel();
  const auto a = test::exactSession(model, 64), b = test::exactSession(model, 64);
  const std::vector<TokenId> text = oracle()["held_out"]["tokens"];
  const std::vector<TokenId> tokens(text.begin(), text.begin() + 100);
  const PerplexityOptions windows{.context = 40, .stride = 30};
  auto comparison = test::orFail(Comparison::create(*a, *b, tokens, {.windows = windows}));
  finish(comparison);
  const DivergenceStatistics s = comparison.statistics();
  CHECK(s.places == 99);
  CHECK(s.largestKl == 0);
  CHECK(s.sameTop.value == 1);
  CHECK(s.ratio.value == 1);
  for (const LayerDrift& layer : comparison.layers()) {
    CHECK(layer.cosine == doctest::Approx(1).epsilon(1e-12));
    CHECK(layer.relativeError == 0);
    CHECK(std::isinf(layer.signalToNoise));
  }
  auto perplexity = test::orFail(Perplexity::create(*a, tokens, windows));
  while (test::orFail(perplexity.step())) {
  }
  CHECK(s.perplexityA.value == doctest::Approx(perplexity.result().perplexity).epsilon(1e-5));
}

TEST_CASE("a comparison can end after some places") {
  const auto fake = test::fakeModel();
  const auto a = test::orFail(Session::create(fake.model, {.context = 64})),
             b = test::orFail(Session::create(fake.model, {.context = 64}));
  auto comparison = test::orFail(Comparison::create(*a, *b, std::vector<TokenId>(300, 1),
                                                    {.windows = {.context = 32}, .places = 50}));
  finish(comparison);
  CHECK(comparison.places().size() >= 50);
  CHECK(comparison.places().size() < 100);
}

TEST_CASE("models with other tokens, and texts that are too short, are refused") {
  const auto fake = test::fakeModel();
  const auto other = test::fakeModel({.vocabulary = 200});
  const auto a = test::orFail(Session::create(fake.model, {.context = 64})),
             b = test::orFail(Session::create(other.model, {.context = 64}));
  const auto refused = Comparison::create(*a, *b, std::vector<TokenId>(10, 1), {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        "fake.gguf and fake.gguf have different tokens: the first has 256, the second 200; models read a text together only "
        "where they have the same tokenizer");
  const auto demo = test::demoModel();
  const auto unlike = checkSameTokens(*demo->description, *fake.model->description);
  REQUIRE_FALSE(unlike);
  CHECK(unlike.error().message.find("have different tokens: token 0 is \"") != std::string::npos);
  const auto brief = Comparison::create(*a, *a, {1}, {});
  REQUIRE_FALSE(brief);
  CHECK(brief.error().message == "the text has 1 tokens; perplexity needs at least 2");
}

TEST_CASE("models that do not fit together are refused with what each needs") {
  const auto fake = test::fakeModel({.memory = 100'000});
  const ModelDescription* both[] = {fake.model->description.get(), fake.model->description.get()};
  CHECK(checkFitTogether(std::span(both).first(1), *fake.backend, 64, FormatId::f32));
  const auto refused = checkFitTogether(both, *fake.backend, 4096, FormatId::f32);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::outOfMemory);
  CHECK(refused.error().message.starts_with("together the models need "));
}
