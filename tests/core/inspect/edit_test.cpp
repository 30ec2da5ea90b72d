// Edits on the CPU: against forward hooks of transformers, what they do to a session's cache, and what is
// refused.
#include "core/cpu/cpu_backend.h"
#include "core/run/branches.h"
#include "core/run/generation.h"
#include "support/inspect_checks.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

const std::vector<TokenId> kPrompt = {5, 17, 33, 2, 90, 41, 8, 63, 12, 77, 30, 4};

std::unique_ptr<Session> qwen3() {
  return inspectSession(createCpuBackend(2), projectFile("tests/oracles/families/qwen3.gguf"), 16);
}

std::vector<TokenId> generated(Session& session) {
  GenerationOptions options;
  options.maxTokens = 12;
  options.ignoreEnd = true;
  options.sampler.temperature = 0;
  Generation generation(session, kPrompt, options);
  while (require(generation.step()) != Generation::State::done) {
  }
  return generation.tokens();
}

std::string refusal(const Session& session, std::string_view text, std::uint32_t tokens = 12) {
  const auto edits = parseEdit(session.model().description->graph(), text, {tokens, tokens});
  REQUIRE_FALSE(edits);
  return edits.error().message;
}

}  // namespace

TEST_CASE("ablation, patching and steering give what forward hooks of transformers give") {
  for (const char* name : {"llama-llama3", "qwen2", "qwen3"})
    checkTransformersEdits(createCpuBackend(2), name, 1e-4);
}

TEST_CASE("edits that are listed but off change no bit, and neither does scaling by one") {
  const auto session = qwen3();
  const Captured plain = capture(*session, kPrompt, "*");
  auto edits = require(parseEdit(session->model().description->graph(), "blk.*.attn.z=zero", {12, 12}));
  for (Edit& edit : edits) edit.on = false;
  require(session->setEdits(std::make_shared<const Edits>(edits)));
  CHECK(session->edits().size() == 2);
  const Captured off = capture(*session, kPrompt, "*");
  setEdits(*session, "blk.0.attn.z=scale:1", 12);
  const Captured once = capture(*session, kPrompt, "*");
  for (const auto& [name, value] : plain.values) {
    CAPTURE(name);
    CHECK(off.values.at(name).bytes == value.bytes);
    CHECK(once.values.at(name).bytes == value.bytes);
  }
}

TEST_CASE("edit on, generate, edit off, generate again: as in sessions that never knew the edit") {
  const auto session = qwen3();
  const auto plain = generated(*qwen3());
  setEdits(*session, "blk.0.resid_post[token=6:]=scale:-3", 40);
  const auto edited = generated(*session);
  CHECK(edited != plain);
  const auto fresh = qwen3();
  setEdits(*fresh, "blk.0.resid_post[token=6:]=scale:-3", 40);
  CHECK(generated(*fresh) == edited);
  require(session->setEdits(std::make_shared<const Edits>()));
  CHECK(session->tokens().size() == 6);  // what the edit did not reach is still good
  CHECK(generated(*session) == plain);
}

TEST_CASE("standing edits act beneath the others and in branches") {
  const auto session = qwen3(), other = qwen3();
  const auto parsed = [&](std::initializer_list<const char*> texts) {
    auto edits = std::make_shared<Edits>();
    for (const char* text : texts)
      for (Edit& edit : require(parseEdit(session->model().description->graph(), text, {12, 12})))
        edits->push_back(std::move(edit));
    return edits;
  };
  const auto logits = [](Session& of) {
    require(of.rewind(kPrompt));
    const auto held = static_cast<std::uint32_t>(of.tokens().size());
    return require(of.step(std::span(kPrompt).subspan(held), {.fullLogits = true})).rows.front().logits;
  };
  constexpr const char *kFirst = "blk.0.resid_post[token=4:]=scale:-3", *kThen = "blk.0.resid_post=scale:0.5";
  const std::vector<float> plain = logits(*other);
  require(other->setEdits(parsed({kFirst})));
  const std::vector<float> first = logits(*other);
  require(other->setEdits(parsed({kFirst, kThen})));
  const std::vector<float> both = logits(*other);
  CHECK(difference(first, plain) > 0.01);

  logits(*session);
  require(session->setStandingEdits(parsed({kFirst})));
  CHECK(session->tokens().size() == 4);
  CHECK(session->edits().empty());
  CHECK(difference(logits(*session), first) < 1e-6);
  Branches branches(*session);
  const auto branch = require(branches.add(0, parsed({kThen})));
  const Branches::Piece piece{branch, kPrompt};
  CHECK(difference(require(branches.step({&piece, 1}, {.fullLogits = true})).rows.front().logits, both) < 1e-5);
  require(session->setEdits(parsed({kThen})));
  CHECK(difference(logits(*session), both) < 1e-6);
  require(session->setEdits(std::make_shared<const Edits>()));
  CHECK(difference(logits(*session), first) < 1e-6);
  CHECK(reachEveryToken(*parsed({kThen})));
  CHECK_FALSE(reachEveryToken(*parsed({kFirst, kThen})));
}

TEST_CASE("changing the edits keeps the cache before the first token that differs") {
  const auto session = qwen3();
  const auto kept = [&](std::initializer_list<const char*> texts) {
    require(session->rewind(kPrompt));
    const std::uint32_t held = static_cast<std::uint32_t>(session->tokens().size());
    require(session->step(std::span(kPrompt).subspan(held), {}));
    Edits edits;
    for (const char* text : texts)
      for (Edit& edit : require(parseEdit(session->model().description->graph(), text, {12, 12})))
        edits.push_back(std::move(edit));
    require(session->setEdits(std::make_shared<const Edits>(std::move(edits))));
    return session->tokens().size();
  };
  CHECK(kept({"blk.0.attn.z[token=8]=zero"}) == 8);
  CHECK(kept({"blk.0.attn.z[token=8]=zero"}) == 12);
  CHECK(kept({"blk.0.attn.z[token=8]=zero", "blk.1.ffn.act[token=10]=zero"}) == 10);
  CHECK(kept({"blk.1.ffn.act[token=10]=zero"}) == 8);
  CHECK(kept({"logits[token=0]=scale:2"}) == 10);  // logits are cached nowhere
  CHECK(kept({}) == 12);
  CHECK(kept({"embed=scale:2"}) == 0);
}

TEST_CASE("keys are edited before the cache holds them") {
  const auto session = qwen3();
  setEdits(*session, "blk.1.attn.k[token=3]=zero", 12);
  const Captured found = capture(*session, kPrompt, "blk.1.attn.scores,blk.1.attn.k");
  const std::vector<float> scores = found.floats("blk.1.attn.scores");
  for (std::size_t head = 0; head < 6; ++head)
    for (std::size_t token = 3; token < 12; ++token) {
      CHECK(scores[(head * 12 + token) * 12 + 3] == 0);
      CHECK(scores[(head * 12 + token) * 12 + 2] != 0);
    }
}

TEST_CASE("edits that cannot be are refused with what would work") {
  const auto session = qwen3();
  const std::string file = inspectOracle("qwen3");
  CHECK(refusal(*session, "blk.0.attn.z") ==
        "edit \"blk.0.attn.z\": expected VALUE[PART]=CHANGE such as blk.3.attn.z[head=2]=zero");
  CHECK(refusal(*session, "blk.0.attn.z=double")
            .starts_with("edit \"blk.0.attn.z=double\": expected scale:FACTOR, zero,"));
  CHECK(refusal(*session, "blk.0.attn.z=scale:much") ==
        "edit of blk.0.attn.z: expected scale:FACTOR, found \"much\"");
  CHECK(refusal(*session, "blk.0.attn.pattern=zero") ==
        "blk.0.attn.pattern is computed only when it is asked for and cannot be edited; q, k and v before it "
        "and z behind "
        "it can");
  CHECK(refusal(*session, "blk.0.resid_post=replace:" + file + ":other") ==
        file +
            ": other of 16 x 48 has 16 tokens, but the prompt has 12; capture and edit the same number of "
            "them, with "
            "[token=FIRST:END] on both sides");
  CHECK(refusal(*session, "blk.0.ffn.act=add:" + file + ":vector") ==
        file + ": vector of 48 does not fit blk.0.ffn.act; expected 80 or tokens x 80");
  CHECK(refusal(*session, "blk.0.attn.z[head=1]=add:" + file + ":vector") ==
        file +
            ": vector of 48 does not fit blk.0.attn.z; expected 6 x 16 or tokens x 6 x 16, or of the chosen "
            "part 1 x 16 "
            "or tokens x 1 x 16");
  CHECK(refusal(*session, "blk.0.resid_post=add:" + file + ":vectors")
            .starts_with(file + ": has no array vectors; it holds "));
  CHECK(refusal(*session, "blk.0.resid_post=mean:/no/such/file").find("/no/such/file") != std::string::npos);
}
