// Logit attribution on the CPU: against transformers, its sum, and what edits leave unexplained.
#include "core/cpu/cpu_backend.h"
#include "core/graph/builder.h"
#include "support/causal_checks.h"

using namespace cutaway;
using namespace cutaway::test;

TEST_CASE("what embedding, heads and blocks push a token by is what numpy makes of transformers' values") {
  checkAttribution(createCpuBackend(2), 1e-4);
}

TEST_CASE("pushes add up to the logit, with biases and a tied output too") {
  const std::vector<TokenId> tokens = {5, 17, 33, 2, 90, 41, 8};
  checkAttributionSums(*causalSession(createCpuBackend(2), "llama-linear-bias"), tokens);
  const auto demo =
      inspectSession(createCpuBackend(2), projectFile("resources/demo-model/demo-f16.gguf"), 64);
  checkAttributionSums(*demo, demo->tokenizer().encode("The capital of France is", true, true));
  if (const auto path = sharedFile("models/stories260K-f32.gguf"))
    checkAttributionSums(*inspectSession(createCpuBackend(2), *path, 64), tokens);
}

TEST_CASE(
    "a question about a cached text leaves the session as it is, and one about another reads that first") {
  const auto session = causalSession(createCpuBackend(2), "qwen3");
  const std::vector<TokenId> text = {5, 17, 33, 2, 90, 41, 8};
  require(session->step(text, {}));
  const auto found = attributed(*session, {5, 17, 33, 2}, {});
  CHECK(session->tokens() == text);
  CHECK(attributed(*session, {5, 17, 33, 2, 1}, {})->token() >= 0);
  CHECK(session->tokens() == std::vector<TokenId>{5, 17, 33, 2, 1});
  CHECK(attributed(*session, {5, 17, 33, 2}, {})->sum() == found->sum());
}

TEST_CASE("what an edit of the residual stream changes is nobody's push, and remains") {
  const auto session = causalSession(createCpuBackend(2), "qwen2");
  setEdits(*session, "blk.1.resid_post=scale:2", 7);
  const auto found = attributed(*session, {5, 17, 33, 2, 90, 41, 8}, {.token = 3});
  CHECK(std::abs(found->remainder() - found->logit() / 2) < 1e-3);
}

TEST_CASE("tokens that do not exist, and a text without tokens, are refused") {
  const auto session = causalSession(createCpuBackend(2), "qwen2");
  CHECK(Attribution::create(session->model(), {1}, {.token = 96}).error().message ==
        "token 96 is not in the vocabulary, which has 0 to 95");
  CHECK_FALSE(Attribution::create(session->model(), {1}, {.against = 100}));
  CHECK_FALSE(Attribution::create(session->model(), {}, {}));
}

TEST_CASE("a graph whose logits are no sum of blocks says so") {
  GraphBuilder g({1, 4, 1, 1, 4, 8});
  g.linear("logits", g.pickRows("last", g.embed("embed", "token_embd")), "output", 8);
  const auto refused = residualSum(std::move(g).finish());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("not an RMS norm") != std::string::npos);
}
