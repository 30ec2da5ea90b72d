// Token importance on the CPU: against transformers, in batches and one by one, in several passes, and on
// real text.
#include "core/cpu/cpu_backend.h"
#include "core/inspect/continuation.h"
#include "support/causal_checks.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

std::unique_ptr<Session> demo(std::uint32_t context) {
  return inspectSession(createCpuBackend(2), projectFile("resources/demo-model/demo-f16.gguf"), 256, context);
}

}  // namespace

TEST_CASE("rollout, moved vectors, leave-one-out and spans are those of transformers and numpy") {
  checkImportance(createCpuBackend(2), 1e-4);
}

TEST_CASE("importance in batches is what it is one by one, with other edits in the session before") {
  const std::vector<TokenId> text = {5, 17, 33, 2, 90, 41, 8, 63, 12, 77, 30, 4, 5, 17, 33};
  const auto session = causalSession(createCpuBackend(2), "qwen3", 1024);
  setEdits(*session, "blk.0.attn.z=zero", 40);
  require(session->step(text, {}));
  Importance::Question question{.draws = 4};
  const auto batched = importanceOf(*session, text, question);
  question.batched = false;
  const auto single = importanceOf(*causalSession(createCpuBackend(2), "qwen3", 1024), text, question);
  CHECK(batched->word() == single->word());
  REQUIRE(batched->methods().size() == importanceMethods().size());
  for (std::size_t i = 0; i < batched->methods().size(); ++i) {
    checkAll(batched->methods()[i].scores, single->methods()[i].scores, 1e-5);
    checkClose(batched->methods()[i].topLoss, single->methods()[i].topLoss, 1e-5);
  }
  checkAll(batched->randomLosses(), single->randomLosses(), 1e-5);
  CHECK(session->tokens() == text);
}

TEST_CASE("attention is followed a layer at a time where memory is short, to the same numbers") {
  const std::vector<TokenId> text = {5, 17, 33, 2, 90, 41, 8, 63, 12};
  const auto session = causalSession(createCpuBackend(2), "qwen2");
  const auto whole = require(AttentionFlow::create(session->model(), text));
  const auto parts = require(AttentionFlow::create(session->model(), text, 1));
  require(finish(*whole, *session));
  require(finish(*parts, *session));
  CHECK(whole->rollout() == parts->rollout());
  CHECK(whole->movedNorms() == parts->movedNorms());
  CHECK(parts->progress() == 1);
}

TEST_CASE("a name that is asked for depends on where it was told") {
  const auto session = demo(2048);
  const auto text = session->tokenizer().encode(
      "<|im_start|>user\nMy name is Nora. What is my name?<|im_end|>\n<|im_start|>assistant\nYour name is",
      true, true);
  const TokenId nora = session->tokenizer().encode(" Nora", false, false).front();
  const auto found = importanceOf(*session, text, {});
  CHECK(found->word() == nora);
  // The answer's own beginning matters most to any method that leaves it out: without it no name is due at
  // all.
  constexpr std::size_t kBegun = 3;
  for (const ImportanceMethod method : {ImportanceMethod::movedNorm, ImportanceMethod::leaveOneOut}) {
    const auto& scores = methodOf(*found, method).scores;
    const auto best = std::max_element(scores.begin(), scores.end() - kBegun) - scores.begin();
    CHECK(text[static_cast<std::size_t>(best)] == nora);
  }
  CHECK(methodOf(*found, ImportanceMethod::leaveOneOut).topLoss > 5);
  CHECK(found->agreement(2, 3).spearman > found->randomBand().spearman);
}

TEST_CASE("a name that was told twice is missed by leaving out one, and shown by what heads moved") {
  const auto session = demo(2048);
  const auto text = session->tokenizer().encode(
      "<|im_start|>user\nHi, my name is Nora.<|im_end|>\n<|im_start|>assistant\nHello, Nora! How can I help "
      "you?"
      "<|im_end|>\n<|im_start|>user\nWhat is my name?<|im_end|>\n<|im_start|>assistant\nYour name is",
      true, true);
  const TokenId nora = session->tokenizer().encode(" Nora", false, false).front();
  const auto found = importanceOf(*session, text, {});
  const auto &moved = methodOf(*found, ImportanceMethod::movedNorm).scores,
             &dropped = methodOf(*found, ImportanceMethod::leaveOneOut).scores;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == nora) CHECK(std::abs(dropped[i]) < 0.1);
  CHECK(text[static_cast<std::size_t>(std::ranges::max_element(moved) - moved.begin())] == nora);
}

TEST_CASE("an answer goes on without a word") {
  const auto session = demo(512);
  const auto text =
      session->tokenizer().encode("When Mary and John went to the store, John gave a drink to", true, true);
  auto whole = require(Continuation::create(text, 4)),
       without = require(Continuation::create({text.begin() + 3, text.end()}, 4));
  require(finish(*whole, *session));
  require(finish(*without, *session));
  CHECK(whole->text() == " Mary.");
  CHECK(whole->written().size() == 3);
  CHECK(without->text() != whole->text());
  CHECK(whole->progress() == 1);
  CHECK_FALSE(Continuation::create({}, 4));
}

TEST_CASE("random rankings agree as little as statistics says") {
  const AgreementBand few = randomAgreement(10, 1), many = randomAgreement(1000, 1);
  CHECK(std::abs(few.spearman - 0.632) < 0.06);  // critical values of tables, two-sided 5 %, n = 10
  CHECK(std::abs(few.kendall - 0.511) < 0.07);
  CHECK(std::abs(many.spearman - 1.96 / std::sqrt(999)) < 0.01);
}

TEST_CASE("questions that cannot be answered are refused, and so is a session that is too small") {
  const auto session = causalSession(createCpuBackend(2), "qwen2", 64);
  const auto refusal = [&](std::vector<TokenId> text, const Importance::Question& question) {
    const auto importance = Importance::create(session->model(), std::move(text), question);
    REQUIRE_FALSE(importance);
    return importance.error().message;
  };
  CHECK(refusal({1}, {}) == "a word depends on earlier tokens only where there are two or more; found 1");
  CHECK(refusal({1, 2, 3}, {.spanTokens = 3}) ==
        "spans of 3 tokens leave nothing of a text of 3; choose shorter ones");
  CHECK(refusal({1, 2, 3}, {.word = 96}) == "token 96 is not in the vocabulary, which has 0 to 95");
  const auto importance = require(Importance::create(session->model(), std::vector<TokenId>(63, 1), {}));
  const auto full = finish(*importance, *session);
  REQUIRE_FALSE(full);
  CHECK(full.error().kind == ErrorKind::contextFull);
}
