// The live lens: what it says of a token is what the lens says of it later.
#include "core/inspect/live_lens.h"

#include "core/cpu/cpu_backend.h"
#include "core/run/generation.h"
#include "support/inspect_checks.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

std::unique_ptr<Session> demo() {
  return inspectSession(createCpuBackend(2), projectFile("resources/demo-model/demo-f16.gguf"), 16);
}

}  // namespace

TEST_CASE("columns of an answer being written are those of the lens on the finished text") {
  const auto session = demo(), plain = demo();
  const auto live = std::make_shared<LiveLens>(session->model().description->graph(), 1e9);
  session->watch(live);
  const auto prompt = session->tokenizer().encode("Once upon a", true, false);
  GenerationOptions options;
  options.sampler.temperature = 0;
  options.maxTokens = 12;
  std::vector<LiveLensColumn> columns;
  for (const bool on : {false, true}) {
    live->setOn(on);
    require(session->rewind({}));
    Generation generation(*session, prompt, options), untouched(*plain, prompt, options);
    while (require(generation.step()) != Generation::State::done) {
      if (auto column = require(live->look(*session))) columns.push_back(std::move(*column));
    }
    if (!on) CHECK(columns.empty());
    while (require(untouched.step()) != Generation::State::done) {
    }
    CHECK(session->tokens() == plain->tokens());  // looking changes nothing
  }
  REQUIRE(columns.size() > 8);
  CHECK(columns.front().position + 1 == prompt.size());  // what makes the answer's first token
  CHECK(live->skipped() == 0);
  const auto tokens = session->tokens();
  const auto lens = require(LogitLens::create(plain->model(), tokens));
  require(finish(*lens, *plain));
  for (const LiveLensColumn& column : columns) {
    CAPTURE(column.position);
    REQUIRE(column.cells.size() == lens->rows());
    for (std::uint32_t row = 0; row < lens->rows(); ++row) {
      const LensCell& later = lens->at(row, column.position);
      CHECK(column.cells[row].top[0] == later.top[0]);
      CHECK(column.cells[row].rank == later.rank);
      CHECK(std::abs(column.cells[row].entropy - later.entropy) < 1e-3f);
      CHECK(std::abs(column.cells[row].divergence - later.divergence) < 1e-2f);
    }
  }
}

TEST_CASE("a live lens that may take no time skips tokens and counts them") {
  const auto session = demo();
  const auto live = std::make_shared<LiveLens>(session->model().description->graph(), 0);
  session->watch(live);
  live->setOn(true);
  const auto tokens = session->tokenizer().encode("One two three four", true, false);
  std::size_t looked = 0;
  for (const TokenId& token : tokens) {
    require(session->step({&token, 1}, {}));
    looked += require(live->look(*session)) ? 1 : 0;
  }
  CHECK(looked <= 1);
  CHECK(live->skipped() + looked >= tokens.size() - 1);
  require(session->rewind({}));
  CHECK(!require(live->look(*session)));  // what it was about is gone
}
