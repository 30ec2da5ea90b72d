#include "core/inspect/live_rows.h"

#include "core/run/generation.h"
#include "support/real_model.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

/// Writes twelve tokens behind a short prompt; `step` runs after each step.
void write(Session& session, const std::function<void()>& step) {
  GenerationOptions options;
  options.sampler.temperature = 0;
  options.maxTokens = 12;
  options.ignoreEnd = true;
  Generation generation(session, session.tokenizer().encode("Once upon a time", true, false), options);
  while (orFail(generation.step()) != Generation::State::done) step();
}

}  // namespace

TEST_CASE("rows of an answer are those that its tokens have when they are asked about later") {
  const auto session = exactSession(demoModel(), 128);
  const auto rows = std::make_shared<LiveRows>(session->model().description->graph(), 64);
  session->watch(rows);
  rows->setLayer(2);
  std::vector<LiveRow> seen;
  write(*session, [&] {
    for (LiveRow& row : rows->take().rows) seen.push_back(std::move(row));
  });
  for (LiveRow& row : rows->take().rows) seen.push_back(std::move(row));
  REQUIRE(seen.size() == 12);  // that of the prompt's last token, which makes the first, and none of the last one, which is not read
  const Tap tap{session->model().description->graph().find("blk.2.attn.pattern")};
  for (const LiveRow& row : seen) {
    CAPTURE(row.position);
    const std::vector<float> later = orFail(session->again(row.position, {.taps = {&tap, 1}})).captures.at(0).data;
    REQUIRE(later.size() == row.weights.size());
    for (std::size_t i = 0; i < later.size(); ++i) CHECK(std::abs(later[i] - row.weights[i]) < 1e-5f);
    if (&row != &seen.front()) CHECK(later == row.weights);  // of a step of one token, like the one that asks
    CHECK(row.weights.size() == row.heads * (row.position + 1));
  }
  CHECK(rows->isEmpty());  // what is asked about is no new row
}

TEST_CASE("a slow consumer loses the oldest rows, which are counted, and the answer is the same") {
  const auto model = demoModel();
  const auto session = exactSession(model, 128), plain = exactSession(model, 128);
  const auto rows = std::make_shared<LiveRows>(model->description->graph(), 4);
  session->watch(rows);
  rows->setLayer(0);
  write(*session, [] {});
  write(*plain, [] {});
  CHECK(session->tokens() == plain->tokens());
  const LiveBatch batch = rows->take();
  CHECK(batch.rows.size() == 4);
  CHECK(batch.lost == 7 + 1);  // the twelfth came with the last step
  CHECK(batch.rows.back().position + 1 == session->tokens().size());
  CHECK(rows->take().lost == batch.lost);
  rows->setLayer(99);
  CHECK(rows->taps(5, 1, false).empty());
  rows->clear();
  CHECK(rows->take().lost == 0);
}
