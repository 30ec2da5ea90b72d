#include "core/eval/divergence.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "support/paths.h"

using namespace cutaway;

namespace {

using Json = nlohmann::json;

Json oracle() { return Json::parse(test::readFile(test::projectFile("tests/oracles/divergence/divergence.json"))); }

Divergence ofRow(const Json& row) {
  return divergenceOf(row["a"].get<std::vector<float>>(), row["b"].get<std::vector<float>>(), row["chosen"]);
}

/// Expected in relative terms, and absolutely near 0.
void checkNear(double value, const Json& expected, double relative = 1e-9, double absolute = 1e-13) {
  const double e = expected;
  CHECK(std::abs(value - e) <= relative * std::abs(e) + absolute);
}

}  // namespace

TEST_CASE("two rows of logits diverge as numpy says") {
  const Json json = oracle();
  for (const Json& row : json["rows"]) {
    const Divergence d = ofRow(row);
    checkNear(d.kl, row["kl"]);
    checkNear(d.logprobA, row["logprob_a"], 1e-12);
    checkNear(d.logprobB, row["logprob_b"], 1e-12);
    checkNear(d.entropyA, row["entropy_a"], 1e-6, 1e-7);
    checkNear(d.entropyB, row["entropy_b"], 1e-6, 1e-7);
    checkNear(d.confidence, row["confidence"], 1e-6);
    CHECK(d.topA == row["top_a"].get<TokenId>());
    CHECK(d.topB == row["top_b"].get<TokenId>());
    CHECK(d.topRank == row["top_rank"].get<std::uint32_t>());
    CHECK(d.rankA == row["rank_a"].get<std::uint32_t>());
    CHECK(d.rankB == row["rank_b"].get<std::uint32_t>());
    CHECK(d.sameTop() == (row["top_a"] == row["top_b"]));
  }
}

TEST_CASE("rows that differ by rounding keep their digits, in a large vocabulary as well") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> a(50'003), b(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = 4 * normal(random);
    b[i] = a[i] + 1e-5f * normal(random);
  }
  CHECK(divergenceOf(a, a).kl == 0);
  long double powersA = 0, powersB = 0, across = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    powersA += std::exp(static_cast<long double>(a[i]));
    powersB += std::exp(static_cast<long double>(b[i]));
    across += std::exp(static_cast<long double>(a[i])) * (static_cast<long double>(a[i]) - b[i]);
  }
  const auto expected = static_cast<double>(across / powersA - std::log(powersA) + std::log(powersB));
  CHECK(expected < 1e-9);
  CHECK(divergenceOf(a, b).kl == doctest::Approx(expected).epsilon(1e-3));
}

TEST_CASE("what only one of the models excludes") {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  const std::vector<float> open{0, 0, 0, 0}, closed{0, 0, kNever, kNever};
  CHECK(divergenceOf(closed, open).kl == doctest::Approx(std::log(2.0)));
  CHECK(std::isinf(divergenceOf(open, closed).kl));
  CHECK(divergenceOf(closed, closed).kl == 0);
}

TEST_CASE("without a chosen token there is nothing to say of one") {
  const std::vector<float> a{1, 2, 3}, b{3, 2, 1};
  const Divergence d = divergenceOf(a, b);
  CHECK(d.chosen == -1);
  CHECK(d.rankB == 0);
  CHECK(d.topRank == 3);
  CHECK(statisticsOf(std::span(&d, 1)).chosen == 0);
}

TEST_CASE("statistics over all places are numpy's") {
  const Json json = oracle();
  std::vector<Divergence> places;
  for (const Json& row : json["rows"]) places.push_back(ofRow(row));
  const DivergenceStatistics s = statisticsOf(places);
  const Json& all = json["all"];
  CHECK(s.places == places.size());
  CHECK(s.chosen == places.size());
  checkNear(s.meanKl.value, all["mean"][0]);
  checkNear(s.meanKl.error, all["mean"][1]);
  CHECK(s.meanKl.high - s.meanKl.value == doctest::Approx(1.96 * s.meanKl.error).epsilon(1e-4));
  for (std::size_t i = 0; i < s.kl.size(); ++i) {
    checkNear(s.kl[i].value, all["quantiles"][i]);
    CHECK(s.kl[i].low <= s.kl[i].value);
    CHECK(s.kl[i].high >= s.kl[i].value);
  }
  CHECK(s.leastKl == 0);
  checkNear(s.largestKl, all["max"]);
  checkNear(s.sameTop.value, all["same_top"][0]);
  checkNear(s.sameTop.error, all["same_top"][1]);
  CHECK(s.sameTop.low < s.sameTop.value);
  CHECK(s.sameTop.high < 1);
  checkNear(s.meanChange.value, all["change"][0]);
  checkNear(s.meanChange.error, all["change"][1]);
  checkNear(s.rmsChange.value, all["rms"]);
  for (std::size_t i = 0; i < s.change.size(); ++i) checkNear(s.change[i], all["change_quantiles"][i]);
  checkNear(s.perplexityA.value, all["ppl"][0]);
  checkNear(s.perplexityB.value, all["ppl"][1]);
  checkNear(s.perplexityA.error, all["ppl_error"][0]);
  checkNear(s.perplexityB.error, all["ppl_error"][1]);
  checkNear(s.logRatio.value, all["log_ratio"][0]);
  checkNear(s.logRatio.error, all["log_ratio"][1]);
  checkNear(s.ratio.value, s.perplexityB.value / s.perplexityA.value);
  checkNear(s.difference.value, all["difference"][0]);
  checkNear(s.difference.error, all["difference"][1]);
  checkNear(s.correlation, all["correlation"]);
}

TEST_CASE("buckets of the reference's confidence are numpy's, and empty ones stay") {
  const Json json = oracle();
  std::vector<Divergence> places;
  for (const Json& row : json["rows"]) places.push_back(ofRow(row));
  const DivergenceStatistics s = statisticsOf(places);
  const Json& expected = json["all"]["buckets"];
  REQUIRE(s.buckets.size() == expected.size());
  double shares = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    const ConfidenceBucket& bucket = s.buckets[i];
    CHECK(bucket.places == expected[i]["places"].get<std::uint64_t>());
    checkNear(bucket.meanKl.value, expected[i]["mean"]);
    checkNear(bucket.medianKl, expected[i]["median"]);
    checkNear(bucket.ninetiethKl, expected[i]["p90"]);
    checkNear(bucket.klShare, expected[i]["share"]);
    checkNear(bucket.sameTop, expected[i]["same_top"]);
    shares += bucket.klShare;
  }
  CHECK(shares == doctest::Approx(1));
  const DivergenceStatistics one = statisticsOf(std::span(places).first(1));
  CHECK(one.buckets.size() == expected.size());
  CHECK(one.meanKl.error == 0);
  CHECK(statisticsOf({}).places == 0);
}
