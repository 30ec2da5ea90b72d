// Sweeps and edited answers on the CPU: against hooks in transformers, and what patching shows in the demo
// model.
#include "core/cpu/cpu_backend.h"
#include "support/causal_checks.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

struct Names {
  std::unique_ptr<Session> session;
  std::vector<TokenId> clean, corrupted;
  TokenId mary, john;

  TokenId one(const char* word) const { return session->tokenizer().encode(word, false, false).front(); }
};

/// The indirect object of a sentence, which the demo model's card says it was trained on; and the same
/// sentence with the giver changed, so that the other name is asked for.
Names names() {
  Names names;
  names.session =
      inspectSession(createCpuBackend(2), projectFile("resources/demo-model/demo-f16.gguf"), 256, 2048);
  const Tokenizer& tokenizer = names.session->tokenizer();
  names.clean = tokenizer.encode("When Mary and John went to the store, John gave a drink to", true, true);
  names.corrupted =
      tokenizer.encode("When Mary and John went to the store, Mary gave a drink to", true, true);
  names.mary = names.one(" Mary");
  names.john = names.one(" John");
  return names;
}

}  // namespace

TEST_CASE("sweeps of ablation and patching give what forward hooks of transformers give") {
  checkSweeps(createCpuBackend(2), 1e-4);
}

TEST_CASE("an edited answer is what hooks of transformers give, read along and written anew") {
  checkEditedAnswer(createCpuBackend(2), 1e-4);
}

TEST_CASE("patching shows where the indirect object is decided") {
  const Names n = names();
  REQUIRE(n.clean.size() == n.corrupted.size());
  const auto found =
      swept(*n.session, n.corrupted, {SweepPart::residual, SweepChange::patch, n.mary, n.john, {}, n.clean});
  CHECK(found->clean() > 2);  // the model answers Mary where John gives,
  CHECK(found->base() < -2);  // and John where Mary does
  const double whole = found->clean() - found->base();
  const auto differs = std::ranges::mismatch(n.clean, n.corrupted).in1 - n.clean.begin();
  const std::size_t columns = found->columns(), giver = static_cast<std::size_t>(differs),
                    rows = found->values().size();
  const auto effect = [&](std::size_t row, std::size_t column) {
    return found->effects()[row * columns + column];
  };
  // Patched as an embedding, the giver's name is all of the difference; behind the last layer, the last
  // position is.
  CHECK(std::abs(effect(0, giver) - whole) < 1e-3);
  CHECK(std::abs(effect(rows - 1, columns - 1) - whole) < 1e-3);
  CHECK(std::abs(effect(rows - 1, giver)) < 1e-3);
  CHECK(std::abs(effect(0, columns - 1)) < 1e-3);
  // No token before the giver can tell the two texts apart.
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < giver; ++column) CHECK(std::abs(effect(row, column)) < 1e-3);
  // In between it is moved once, by the attention of layer 1, where the model's card says induction heads
  // were seeded.
  for (std::size_t row = 0; row < rows; ++row) {
    CAPTURE(row);
    CHECK(effect(row, row < 2 ? giver : columns - 1) > 0.95 * whole);
    CHECK(std::abs(effect(row, row < 2 ? columns - 1 : giver)) < 0.05 * whole);
  }
}

TEST_CASE("some head carries the name, and without it the answer changes") {
  const Names n = names();
  const auto found = swept(*n.session, n.clean, {SweepPart::heads, SweepChange::zero, n.mary, n.john, {}});
  const auto worst = std::ranges::min_element(found->effects());
  CHECK(*worst < -2);
  for (std::size_t i = 0; i < found->effects().size(); ++i)  // copying is done in the first two layers
    if (std::abs(found->effects()[i]) > 1) CHECK(i / found->columns() < 2);
  const auto index = static_cast<std::size_t>(worst - found->effects().begin());
  const std::string value =
      n.session->model().description->graph().values[found->values()[index / found->columns()]].name;
  EditedAnswer::Question question;
  question.edits = std::make_shared<const Edits>(
      require(parseEdit(n.session->model().description->graph(),
                        concat(value, "[head=", index % found->columns(), "]=zero"), {15, 40})));
  question.maxTokens = 4;
  auto answer = require(EditedAnswer::create(n.session->model(), n.clean, question));
  require(finish(*answer, *n.session));
  CHECK(answer->original().front().token == n.mary);
  CHECK(std::abs(answer->original().front().editedLogProbability -
                 answer->original().front().logProbability) > 0.01);
  CHECK(answer->meanDivergence() > 0);
}

TEST_CASE("edits that reach only what is written leave the prompt as it was read") {
  const Names n = names();
  EditedAnswer::Question question;
  question.maxTokens = 6;
  question.edits = std::make_shared<const Edits>(require(
      parseEdit(n.session->model().description->graph(), "blk.2.resid_post[token=16:]=scale:-3", {15, 40})));
  const auto answer = require(EditedAnswer::create(n.session->model(), n.clean, question));
  require(finish(*answer, *n.session));
  CHECK(answer->original()[0].divergence < 1e-9);
  CHECK(answer->original()[1].divergence < 1e-9);
  CHECK(answer->original()[2].divergence > 0.1);
  question.edits = std::make_shared<const Edits>();
  const auto same = require(EditedAnswer::create(n.session->model(), n.clean, question));
  require(finish(*same, *n.session));
  CHECK_FALSE(same->firstDifference());
  CHECK(same->meanDivergence() < 1e-9);
  CHECK(same->original().size() == same->edited().size());
}

TEST_CASE("what was begun in one session is answered in another that took its place") {
  const std::vector<TokenId> text = {5, 17, 33, 2, 90, 41, 8, 63, 12, 77, 30, 4};
  const auto backend = createCpuBackend(2);
  auto session = causalSession(backend, "qwen3", 512);
  const Sweep::Question sweepQuestion{SweepPart::residual, SweepChange::mean, 3, -1, {}};
  EditedAnswer::Question editQuestion;
  editQuestion.maxTokens = 5;
  editQuestion.ignoreEnd = true;
  editQuestion.edits = std::make_shared<const Edits>(
      require(parseEdit(session->model().description->graph(), "blk.0.ffn.out=scale:-1", {12, 20})));
  const auto expectedSweep = swept(*session, text, sweepQuestion);
  const auto expectedAnswer = require(EditedAnswer::create(session->model(), text, editQuestion));
  require(finish(*expectedAnswer, *session));
  const auto sweep = require(Sweep::create(session->model(), text, sweepQuestion));
  const auto answer = require(EditedAnswer::create(session->model(), text, editQuestion));
  for (bool sweeping = true, answering = true; sweeping || answering;) {
    for (int step = 0; step < 4; ++step) {
      if (sweeping) sweeping = require(sweep->step(*session));
      if (answering) answering = require(answer->step(*session));
    }
    if (sweep->progress() < 0.5) session = causalSession(backend, "qwen3", 512);
  }
  checkAll(sweep->effects(), expectedSweep->effects(), 1e-5);
  CHECK(answer->edited() == expectedAnswer->edited());
  CHECK(std::abs(answer->meanDivergence() - expectedAnswer->meanDivergence()) < 1e-5);
}

TEST_CASE("sweeps that cannot be are refused with what would work") {
  const auto session = causalSession(createCpuBackend(2), "qwen2", 256);
  const auto refusal = [&](const Sweep::Question& question) {
    const auto sweep = Sweep::create(session->model(), {1, 2, 3}, question);
    REQUIRE_FALSE(sweep);
    return sweep.error().message;
  };
  CHECK(refusal({.change = SweepChange::patch, .tokens = {}, .clean = {1, 2}}) ==
        "the text to patch from has 2 tokens, but the other has 3; values are put in position by position, "
        "so both must "
        "have as many: swap words for others of as many tokens");
  CHECK(refusal({.token = 96, .tokens = {}}) == "token 96 is not in the vocabulary, which has 0 to 95");
  CHECK(refusal({.tokens = {3, 9}}) == "no position from 3 on is in the text of 3 tokens");
  CHECK_FALSE(
      EditedAnswer::create(session->model(), {}, {.answer = {}, .edits = std::make_shared<const Edits>()}));
}

TEST_CASE("questions say under whose edits they can be asked, and how long they will take") {
  const Names n = names();
  const Model& model = n.session->model();
  const auto parsed = [&](const char* text) { return require(parseEdit(model.description->graph(), text, {14, 64})); };
  const Edits everywhere = parsed("blk.1.attn.z[head=2]=zero"), somewhere = parsed("blk.1.attn.z[token=3]=zero");
  const auto sweep = require(Sweep::create(model, n.clean, {.part = SweepPart::heads, .tokens = {}}));
  const auto patching = require(Sweep::create(
      model, n.clean, {.part = SweepPart::heads, .change = SweepChange::patch, .tokens = {}, .clean = n.corrupted}));
  const auto importance = require(Importance::create(model, n.clean, {}));
  for (const Inquiry* inquiry : std::initializer_list<const Inquiry*>{sweep.get(), patching.get(), importance.get()})
    CHECK(inquiry->takes(everywhere));
  CHECK(sweep->takes(somewhere));
  CHECK_FALSE(patching->takes(somewhere));
  CHECK_FALSE(importance->takes(somewhere));  // a word left out moves the others

  CHECK(sweep->expectedSeconds(*n.session) == 0);  // nothing was read yet
  require(n.session->rewind(n.clean));
  require(n.session->step(n.clean, {}));
  const double once = n.session->secondsFor(n.clean.size()), reading = sweep->expectedSeconds(*n.session);
  CHECK(once > 0);
  CHECK(reading > once);  // the text, and once more for every head
  const auto byPosition = require(Sweep::create(model, n.clean, {.tokens = {}}));
  const auto size = static_cast<double>(n.clean.size());  // 7 values, of whose positions half are read again on average
  CHECK(byPosition->expectedSeconds(*n.session) / reading ==
        doctest::Approx((size + 7 * size * (size + 1) / 2) / (size + 48 * size)));
}
