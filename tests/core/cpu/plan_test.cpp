// What a plan refuses, what it counts on the ledger, and how steps are queued.
#include "small_model.h"

using namespace cutaway;
using namespace cutaway::test;

TEST_CASE("a step that breaks a rule is refused with a sentence, and the plan goes on") {
  Bench bench(2);
  const auto refused = [&](const char* expected, auto spoil) {
    StepArrays arrays = plainStep();
    spoil(arrays);
    const auto result = bench.plan->run(arrays.step());
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().message == expected);
  };
  refused("step: token 96 is outside the vocabulary of 96", [](StepArrays& a) { a.tokens[1] = 96; });
  refused("step: token -1 is outside the vocabulary of 96", [](StepArrays& a) { a.tokens[0] = -1; });
  refused("step: sequence 1 of 1", [](StepArrays& a) { a.sequences[2] = 1; });
  refused("step: page 2 of 2", [](StepArrays& a) { a.pages[0] = 2; });
  refused("step: page -1 of 2", [](StepArrays& a) { a.pages[1] = -1, a.positions[2] = 40; });
  refused("step: position 64 is outside the 2 pages of its sequence",
          [](StepArrays& a) { a.positions[2] = 64; });
  refused("step: position -1 is outside the 2 pages of its sequence",
          [](StepArrays& a) { a.positions[0] = -1; });
  refused("step: position 1 comes after 1 in sequence 0", [](StepArrays& a) { a.positions[2] = 1; });
  refused("step: two tokens for cell 0 of page 0", [](StepArrays& a) {
    a.pages = {0, 1, 0, 1};
    a.sequences = {0, 0, 1};
    a.positions[2] = 0;
  });
  refused("step: 2 targets for 3 rows of logits", [](StepArrays& a) { a.targets = {1, 2}; });
  refused("step: target 100 is outside the vocabulary of 96", [](StepArrays& a) { a.targets = {1, 2, 100}; });
  refused("step: 3 tokens with 2 positions, 3 sequences and 3 wishes for logits",
          [](StepArrays& a) { a.positions.pop_back(); });
  refused("step: 0 tokens, expected 1 to 128", [](StepArrays& a) { a = {}; });
  refused("step: 2 pages are no rows of 3", [](StepArrays& a) { a.perSequence = 3; });
  refused("step: 0 pages are no rows of 2", [](StepArrays& a) { a.pages.clear(); });
  refused("step: tap of value -1 of 42", [](StepArrays& a) { a.taps = {Tap{-1}}; });
  refused("step: tap of 4 tokens from 0 of embed, which has 3", [](StepArrays& a) {
    a.taps = {{.value = 0, .tokens = 4}};
  });
  refused("step: tap of 0 heads from 1 of embed, which has 0", [](StepArrays& a) {
    a.taps = {{.value = 0, .firstHead = 1}};
  });
  CHECK(bench.plan->run(plainStep().step()).has_value());
}

TEST_CASE("steps are queued and waited for in order") {
  Bench bench(2);
  StepArrays first = plainStep(), second = plainStep();
  second.want = {0, 0, 1};
  REQUIRE(bench.plan->submit(first.step()).has_value());
  REQUIRE(bench.plan->submit(second.step()).has_value());
  CHECK(require(bench.plan->wait()).rows.size() == 3);
  CHECK(require(bench.plan->wait()).rows.size() == 1);
  CHECK_FALSE(bench.plan->wait().has_value());
}

TEST_CASE("the ledger knows weights, cache and buffers, and gets them back") {
  const auto backend = createCpuBackend(1);
  Ledger& ledger = backend->ledger();
  {
    const LoadedModel model = loadModelFile(projectFile("tests/oracles/families/qwen2.gguf"), backend);
    std::uint64_t expected = 0;
    for (const Weight& weight : model.graph().weights) expected += model.file.find(weight.name)->bytes;
    CHECK(ledger.used(MemoryClass::weights) == expected);
    const Bench bench(3, model, FormatId::f16);
    CHECK(ledger.used(MemoryClass::cache) == bench.cache->shape().bytes());
    CHECK(ledger.used(MemoryClass::scratch) == backend->scratchBytes(model.graph(), {.maxTokens = 128}));
    CHECK(ledger.used(MemoryClass::capture) == 0);
  }
  CHECK(ledger.used() == 0);
}

TEST_CASE("what does not belong together is refused when a plan is made") {
  const LoadedModel& model = qwen();
  const Graph& graph = model.graph();
  Backend& backend = *model.backend;
  const CacheShape shape{graph.layers, graph.keyValueHeads, graph.headWidth, 2, FormatId::f16};
  const auto make = [&](const Graph& g, const WeightTable& weights, std::shared_ptr<CacheStorage> cache) {
    return backend.compile(g, weights, std::move(cache), {});
  };
  CHECK(make(graph, model.weights, require(backend.createCache(shape))).has_value());
  CHECK_FALSE(make(graph, model.weights, nullptr).has_value());
  CHECK_FALSE(make(graph, {}, require(backend.createCache(shape))).has_value());
  CacheShape small = shape;
  small.layers = 1;
  CHECK_FALSE(make(graph, model.weights, require(backend.createCache(small))).has_value());
  WeightTable swapped = model.weights;
  std::swap(swapped[0], swapped[1]);
  CHECK_FALSE(make(graph, swapped, require(backend.createCache(shape))).has_value());
  CacheShape odd = shape;
  odd.format = FormatId::q8_0;
  CHECK_FALSE(backend.createCache(odd).has_value());
  odd = shape;
  odd.pages = 1u << 31;
  const auto huge = backend.createCache(odd);
  REQUIRE_FALSE(huge.has_value());
  CHECK(huge.error().kind == ErrorKind::outOfMemory);
}

TEST_CASE("loading can be stopped and says how far it is") {
  const LoadedModel& model = qwen();
  std::uint64_t last = 0, all = 0;
  const auto progress = [&](std::uint64_t done, std::uint64_t total) {
    CHECK(done > last);
    last = done;
    all = total;
  };
  REQUIRE(model.backend->upload(model.file, model.graph(), progress, {}).has_value());
  CHECK(last == all);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = model.backend->upload(model.file, model.graph(), {}, stop.get_token());
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().kind == ErrorKind::cancelled);
}
