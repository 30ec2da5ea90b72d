#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/cpu/kernels.h"
#include "core/base/lanes.h"

using namespace cutaway;

TEST_CASE("the top tokens are the highest, equal ones in order of token") {
  std::vector<float> logits(1000);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i * 7 % 50);
  const LogitRow row = summarize(logits).value();
  REQUIRE(row.top.size() == kTopLogits);
  std::vector<TokenLogit> expected;
  for (int value = 49; expected.size() < kTopLogits; --value)
    for (std::size_t i = 0; i < logits.size() && expected.size() < kTopLogits; ++i)
      if (logits[i] == static_cast<float>(value)) expected.push_back({static_cast<TokenId>(i), logits[i]});
  for (std::size_t i = 0; i < kTopLogits; ++i) {
    CHECK(row.top[i].token == expected[i].token);
    CHECK(row.top[i].logit == expected[i].logit);
  }
}

TEST_CASE("a vocabulary smaller than the list is listed whole") {
  const std::vector<float> logits = {1, 3, 2};
  const LogitRow row = summarize(logits).value();
  REQUIRE(row.top.size() == 3);
  CHECK(row.top[0].token == 1);
  CHECK(row.top[2].token == 0);
}

TEST_CASE("normaliser and entropy hold for flat, peaked and huge logits") {
  const std::vector<float> flat(5000, -3.0f);
  CHECK(summarize(flat)->logSumExp == doctest::Approx(std::log(5000.0) - 3).epsilon(1e-6));
  CHECK(summarize(flat)->entropy == doctest::Approx(std::log(5000.0)).epsilon(1e-6));
  std::vector<float> peaked(100, -1000.0f);
  peaked[5] = 30000.0f;
  CHECK(summarize(peaked)->logSumExp == 30000.0f);
  CHECK(summarize(peaked)->entropy == 0.0f);
  peaked[7] = -std::numeric_limits<float>::infinity();
  CHECK(summarize(peaked)->entropy == 0.0f);
}

TEST_CASE("logits that are no numbers are an error, not a token") {
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    CHECK_FALSE(summarize(std::vector<float>{0, bad, 1}).has_value());
    CHECK_FALSE(summarize(std::vector<float>{bad, 0, 1}).has_value());
    CHECK_FALSE(summarize(std::vector<float>(100, bad)).has_value());
  }
}

TEST_CASE("the exponential of lanes is that of the library within two units in the last place") {
  for (float x = -87.0f; x < 88.0f; x += 0.0137f) {
    const Lanes result = expLanes(Lanes{} + x);
    const double expected = std::exp(static_cast<double>(x));
    CHECK(std::abs(static_cast<double>(result[3]) - expected) <= 2.4e-7 * expected);
  }
  CHECK(expLanes(Lanes{} - std::numeric_limits<float>::infinity())[0] == 0.0f);
  CHECK(expLanes(Lanes{})[15] == 1.0f);
}
