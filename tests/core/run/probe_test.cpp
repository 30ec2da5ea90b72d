// Slices of a graph run on a session's cache, on the CPU.
#include "core/run/generation.h"
#include "support/fake_backend.h"
#include "support/real_model.h"
#include "support/slice_checks.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

const std::vector<TokenId> kTokens = {5, 17, 33, 2, 90, 41, 8, 63, 12, 77, 30, 4, 9, 50};

std::unique_ptr<Session> familySession(const char* name) {
  return inspectSession(createCpuBackend(2), projectFile(concat("tests/oracles/families/", name, ".gguf")),
                        16);
}

ValueId find(const Session& session, const char* name) {
  return session.model().description->graph().find(name);
}

}  // namespace

TEST_CASE("slices of tiny models compute what the whole graph computed") {
  for (const char* name : {"llama-llama3", "qwen2", "qwen3"}) {
    CAPTURE(name);
    const auto session = familySession(name);
    checkSlices(*session, kTokens, 1e-4);
    checkPatchedSlice(*session, kTokens, 1e-4);
  }
}

TEST_CASE("slices of the demo model compute what the whole graph computed") {
  const auto session = exactSession(demoModel(), 128);
  const auto tokens = session->tokenizer().encode(
      "Once upon a time, a clever fox named Nina lived in a green valley behind the hill.", true, false);
  REQUIRE(tokens.size() > 16);
  checkSlices(*session, tokens, 1e-4);
}

TEST_CASE("a slice has the weights it needs, and reads the cache where it need not write it") {
  const auto session = familySession("qwen3");
  const Graph& graph = session->model().description->graph();
  const ValueId given = graph.find("blk.0.resid_post"), pattern = graph.find("blk.1.attn.pattern");
  const Slice slice = require(cutSlice(graph, {&given, 1}, {&pattern, 1}));
  std::vector<std::string> weights, ops;
  for (const Weight& weight : slice.graph.weights) weights.push_back(weight.name);
  for (const Node& node : slice.graph.nodes) ops.emplace_back(opInfo(node.op).name);
  CHECK(weights == std::vector<std::string>{"blk.1.attn_norm.weight", "blk.1.attn_q.weight",
                                            "blk.1.attn_q_norm.weight"});
  CHECK(ops == std::vector<std::string>{"input", "rms_norm", "linear", "rms_norm", "rope", "look_cached"});
  require(validate(slice.graph));
  const Slice writing = require(cutSlice(graph, {&given, 1}, {&pattern, 1}, SliceCache::write));
  CHECK(writing.graph.nodes.back().op == Op::attention);
  require(validate(writing.graph));
}

TEST_CASE("a slice keeps the session's edits, but not those of what is given") {
  const auto session = familySession("qwen2");
  setEdits(*session, "blk.1.attn.q[head=1]=scale:0.5", 14);
  auto edits = session->edits();
  for (Edit& edit :
       require(parseEdit(session->model().description->graph(), "blk.0.resid_post=scale:1.5", {14, 14})))
    edits.push_back(std::move(edit));
  require(session->setEdits(std::make_shared<const Edits>(edits)));
  const auto whole = wholeStep(*session, kTokens);
  checkSlice(*session, whole, {{"blk.0.resid_post"}, {"blk.1.attn.q", "blk.1.attn.pattern"}}, 0, 14, 14,
             1e-4);
}

TEST_CASE("what is no slice is refused with what would be one") {
  const auto session = familySession("qwen2");
  const Graph& graph = session->model().description->graph();
  const auto refusal = [&](std::vector<const char*> given, std::vector<const char*> wanted) {
    std::vector<ValueId> from, to;
    for (const char* name : given) from.push_back(graph.find(name));
    for (const char* name : wanted) to.push_back(graph.find(name));
    const auto slice = cutSlice(graph, from, to);
    REQUIRE_FALSE(slice);
    return slice.error().message;
  };
  CHECK(refusal({"blk.1.resid_post"}, {"blk.0.attn.q"}) ==
        "slice: blk.1.resid_post leads to nothing that is wanted, such as blk.0.attn.q");
  CHECK(refusal({"blk.0.attn.pattern"}, {"logits"}) ==
        "slice: blk.0.attn.pattern has shape (4, T, N) and cannot be given; values of T rows can");
  CHECK(refusal({"final_norm"}, {"logits"}) ==
        "slice: final_norm has shape (R, 48) and cannot be given; values of T rows can");
  CHECK(refusal({}, {}) == "slice: nothing is wanted");
  CHECK(refusal({"blk.9.resid_post"}, {"logits"}).starts_with("slice: value -1 of "));
}

TEST_CASE("a step of a slice without its inputs, of other taps or beyond the cache is refused") {
  const auto session = familySession("qwen2");
  require(session->step(kTokens, {}));
  const Graph& graph = session->model().description->graph();
  const ValueId given = find(*session, "blk.0.resid_post"), query = find(*session, "blk.1.attn.q");
  const auto probe = require(session->compile(require(cutSlice(graph, {&given, 1}, {&query, 1})), 8));
  const std::vector<float> rows(8 * graph.width);
  const StepInput input{given, rows}, shorter{given, std::span(rows).first(graph.width)};
  const Tap other{find(*session, "logits")}, itself{given};
  const auto refusal = [&](const Probe::Wanted& wanted) {
    const auto result = session->run(*probe, wanted);
    REQUIRE_FALSE(result);
    return result.error().message;
  };
  CHECK(refusal({.first = 7, .tokens = 8, .inputs = {&input, 1}}) ==
        "there is no token at position 14; 14 are cached");
  CHECK(refusal({.first = 0, .tokens = 8}) == "blk.0.resid_post is an input of the slice and was not given");
  CHECK(refusal({.first = 0, .tokens = 8, .inputs = {&shorter, 1}}) ==
        concat("step: ", graph.width, " numbers for blk.0.resid_post, expected ", 8 * graph.width));
  CHECK(refusal({.first = 0, .tokens = 8, .inputs = {&input, 1}, .taps = {&other, 1}}) ==
        "the slice does not compute logits");
  CHECK(refusal({.first = 0, .tokens = 8, .inputs = {&input, 1}, .taps = {&itself, 1}}) ==
        "the slice does not compute blk.0.resid_post");
  CHECK(refusal({.first = 0, .tokens = 9, .inputs = {&input, 1}}).find("expected 1 to 8") !=
        std::string::npos);
}
