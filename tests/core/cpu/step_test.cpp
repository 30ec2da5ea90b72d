// How a step is cut, mixed and shared must not show in its results.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "small_model.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

std::vector<TokenId> someTokens(std::size_t count, std::uint32_t seed) {
  std::vector<TokenId> tokens;
  for (std::uint32_t i = 0; i < count; ++i)
    tokens.push_back(static_cast<TokenId>((i * i * 11 + i * 5 + seed * 17) % 96));
  return tokens;
}

void checkSame(const LogitRow& a, const LogitRow& b) {
  REQUIRE(a.logits.size() == b.logits.size());
  CHECK(std::memcmp(a.logits.data(), b.logits.data(), a.logits.size() * sizeof(float)) == 0);
  CHECK(a.logSumExp == b.logSumExp);
  CHECK(a.entropy == b.entropy);
  CHECK(a.top.size() == b.top.size());
}

}  // namespace

TEST_CASE("a prompt gives the same bits whole, in chunks, token by token and on any number of threads") {
  const auto tokens = someTokens(75, 1);
  const StepResult whole = Runner(qwen(), 96).run(tokens, {.fullLogits = true});
  for (const std::size_t chunk : {1u, 7u, 32u, 50u}) {
    CAPTURE(chunk);
    Runner runner(qwen(), 96);
    std::size_t row = 0;
    for (std::size_t first = 0; first < tokens.size(); first += chunk) {
      const auto part = std::span(tokens).subspan(first, std::min(chunk, tokens.size() - first));
      for (const LogitRow& found : runner.run(part, {.fullLogits = true}).rows)
        checkSame(found, whole.rows[row++]);
    }
    CHECK(row == tokens.size());
  }
  const LoadedModel single =
      loadModelFile(projectFile("tests/oracles/families/qwen3.gguf"), createCpuBackend(1));
  const StepResult alone = Runner(single, 96).run(tokens, {.fullLogits = true});
  for (std::size_t row = 0; row < tokens.size(); ++row) checkSame(alone.rows[row], whole.rows[row]);
}

TEST_CASE("captures and wanted rows do not change the logits") {
  const auto tokens = someTokens(20, 2);
  const StepResult plain = Runner(qwen(), 32).run(tokens, {.lastOnly = true, .fullLogits = true});
  std::vector<Tap> taps(qwen().graph().values.size());
  for (std::size_t i = 0; i < taps.size(); ++i) taps[i].value = static_cast<ValueId>(i);
  const StepResult tapped = Runner(qwen(), 32).run(tokens, {.fullLogits = true, .taps = taps});
  REQUIRE(plain.rows.size() == 1);
  checkSame(plain.rows.front(), tapped.rows.back());
  REQUIRE(tapped.captures.size() == taps.size());
}

TEST_CASE("sequences that share pages in one step equal separate ones") {
  const auto prefix = someTokens(40, 3), left = someTokens(9, 4), right = someTokens(9, 5);
  const auto separately = [&](const std::vector<TokenId>& rest) {
    Runner runner(qwen(), 64);
    runner.run(prefix, {.lastOnly = true});
    return runner.run(rest, {.fullLogits = true}).rows;
  };
  const auto expectedLeft = separately(left), expectedRight = separately(right);

  Bench bench(4);
  StepArrays first;
  first.pages = {2, 0};
  first.perSequence = 2;
  for (std::size_t i = 0; i < prefix.size(); ++i)
    first.add(prefix[i], static_cast<std::int32_t>(i), 0, false);
  CHECK(require(bench.plan->run(first.step())).rows.empty());
  REQUIRE(bench.cache->copyPage(0, 3).has_value());  // the branch departs inside the second page
  StepArrays both;
  both.pages = {2, 0, 2, 3};
  both.perSequence = 2;
  for (std::size_t i = 0; i < left.size(); ++i)
    for (const std::int32_t sequence : {0, 1})
      both.add((sequence == 0 ? left : right)[i], static_cast<std::int32_t>(prefix.size() + i), sequence);
  const StepResult result = require(bench.plan->run(both.step()));
  for (std::size_t i = 0; i < left.size(); ++i) {
    checkSame(result.rows[2 * i], expectedLeft[i]);
    checkSame(result.rows[2 * i + 1], expectedRight[i]);
  }
}

TEST_CASE("an F16 cache moves the logits a little") {
  const auto tokens = someTokens(40, 6);
  const StepResult exact = Runner(qwen(), 64, FormatId::f32).run(tokens, {.fullLogits = true});
  const StepResult rounded = Runner(qwen(), 64, FormatId::f16).run(tokens, {.fullLogits = true});
  float largest = 0;
  for (std::size_t t = 0; t < tokens.size(); ++t)
    for (std::size_t i = 0; i < exact.rows[t].logits.size(); ++i)
      largest = std::max(largest, std::abs(exact.rows[t].logits[i] - rounded.rows[t].logits[i]));
  CHECK(largest > 0);
  CHECK(largest < 0.02f);
}

TEST_CASE("targets, top tokens and the normaliser belong to the row") {
  const auto tokens = someTokens(5, 7);
  const StepResult result = Runner(qwen(), 32).run(tokens, {.fullLogits = true, .targets = {4, 3, 2, 1, 0}});
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const LogitRow& row = result.rows[t];
    CHECK(row.targetLogit == row.logits[4 - t]);
    CHECK(row.top.size() == kTopLogits);
    CHECK(row.top.front().logit == *std::ranges::max_element(row.logits));
    double sum = 0;
    for (const float logit : row.logits) sum += std::exp(static_cast<double>(logit));
    CHECK(row.logSumExp == doctest::Approx(std::log(sum)).epsilon(1e-6));
  }
}

TEST_CASE("a pattern is the softmax of the scores, and the mix of values is z") {
  const Graph& graph = qwen().graph();
  const std::vector<Tap> taps = {{qwen().value("blk.1.attn.scores")}, {qwen().value("blk.1.attn.pattern")},
                                 {qwen().value("blk.1.attn.v")}, {qwen().value("blk.1.attn.z")}};
  const auto tokens = someTokens(37, 8);
  const auto captures = Runner(qwen(), 64).run(tokens, {.taps = taps}).captures;
  const std::size_t T = tokens.size(), H = graph.queryHeads, G = graph.keyValueHeads, d = graph.headWidth;
  REQUIRE(captures[1].shape == std::vector<std::uint32_t>{graph.queryHeads, 37, 37});
  for (std::size_t h = 0; h < H; ++h)
    for (std::size_t t = 0; t < T; ++t) {
      double sum = 0, mixed = 0;
      for (std::size_t s = 0; s < T; ++s) {
        const std::size_t at = (h * T + t) * T + s;
        CHECK((captures[0].data[at] == -INFINITY) == (s > t));
        sum += captures[1].data[at];
        mixed += captures[1].data[at] * captures[2].data[(s * G + h / (H / G)) * d + 3];
      }
      CHECK(sum == doctest::Approx(1.0).epsilon(1e-5));
      CHECK(mixed == doctest::Approx(captures[3].data[(t * H + h) * d + 3]).epsilon(1e-4));
    }
}
