// The logit lens against transformers, and against the model's own distribution in its last row.
#include "core/inspect/lens.h"

#include "core/cpu/cpu_backend.h"
#include "support/lens_checks.h"

using namespace cutaway;
using namespace cutaway::test;

TEST_CASE("every layer's distribution is transformers'") {
  checkLens([] { return createCpuBackend(2); }, 1e-4);
}

TEST_CASE("the last row of the lens is what the model says, and the session stays as it was") {
  const auto session = inspectSession(createCpuBackend(2), projectFile("resources/demo-model/demo-f16.gguf"), 16);
  const auto tokens = session->tokenizer().encode("Once upon a time, a clever fox named Nina lived in a", true, false);
  const auto lens = require(LogitLens::create(session->model(), tokens));
  require(finish(*lens, *session));
  CHECK(lens->progress() == 1);
  CHECK(session->tokens() == tokens);
  for (std::uint32_t column = 0; column < lens->columns(); ++column) {
    const LogitRow row = require(session->again(column, {})).rows.front();
    const LensCell& last = lens->at(lens->rows() - 1, column);
    CHECK(last.top[0] == row.top[0].token);
    CHECK(last.entropy == doctest::Approx(row.entropy).epsilon(1e-4));
    CHECK(last.rank == 1);
    CHECK(last.divergence == doctest::Approx(0).epsilon(1e-6));
    const std::uint32_t decided = lens->decidedAt(column);
    for (std::uint32_t r = decided; r < lens->rows(); ++r) CHECK(lens->at(r, column).top[0] == last.top[0]);
    if (decided > 0) CHECK(lens->at(decided - 1, column).rank > 1);
  }

  const auto few = require(LogitLens::create(session->model(), tokens, static_cast<std::uint32_t>(tokens.size()) - 2));
  require(session->rewind({}));
  require(finish(*few, *session));
  REQUIRE(few->columns() == 2);
  for (std::uint32_t row = 0; row < few->rows(); ++row)
    CHECK(few->at(row, 1).top == lens->at(row, lens->columns() - 1).top);
}

TEST_CASE("others may use the session between two steps of the lens") {
  const auto session = inspectSession(createCpuBackend(2), projectFile("resources/demo-model/demo-f16.gguf"), 16);
  const auto tokens = session->tokenizer().encode("My name is Nora and I live in a small house.", true, false);
  const auto alone = require(LogitLens::create(session->model(), tokens));
  require(finish(*alone, *session));
  const auto disturbed = require(LogitLens::create(session->model(), tokens));
  const TokenId other = 7;
  for (int steps = 0; require(disturbed->step(*session)); ++steps) {
    if (steps % 3 != 2) continue;
    require(session->rewind({}));
    require(session->step({&other, 1}, {}));
  }
  for (std::uint32_t row = 0; row < alone->rows(); ++row)
    for (std::uint32_t column = 0; column < alone->columns(); ++column)
      CHECK(alone->at(row, column).top == disturbed->at(row, column).top);
}

TEST_CASE("no tokens, no lens") {
  const auto session = inspectSession(createCpuBackend(1), projectFile("resources/demo-model/demo-f16.gguf"), 16);
  const auto lens = LogitLens::create(session->model(), {});
  REQUIRE(!lens);
  CHECK(lens.error().message == "there are no tokens to look at through the lens");
}
