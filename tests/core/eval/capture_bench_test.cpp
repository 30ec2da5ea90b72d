#include "core/eval/capture_bench.h"

#include <doctest/doctest.h>

#include "core/cpu/cpu_backend.h"
#include "support/fake_backend.h"
#include "support/inspect_checks.h"

using namespace cutaway;
using namespace cutaway::test;

TEST_CASE("captures are measured in turns over the same tokens, and every token brings them") {
  const auto session =
      inspectSession(createCpuBackend(1), projectFile("tests/oracles/families/qwen3.gguf"), 16);
  const BenchOptions options{.prompt = 20, .generate = 5, .repeats = 2};
  const Graph& graph = session->model().description->graph();
  const auto selections =
      require(parseSelections(graph, "blk.*.resid_post,blk.1.attn.pattern[head=1:3;token=3]", {20, 25}));
  CaptureBench bench(*session, options, selections);
  int steps = 0;
  while (require(bench.step())) ++steps;
  CHECK(require(bench.step()) == false);
  CHECK(bench.finished() == 2);
  CHECK(session->tokens().size() == 25);
  CHECK(steps + 1 == 2 + 3 * 2 * 6);  // the prompt in two chunks, then turns of the first token and 5 more
  const CaptureBenchResult result = bench.result();
  const std::uint32_t width = session->model().description->config().width;
  CHECK(result.bytesPerToken == 4 * (graph.layers * width + 2 * 25));
  CHECK(result.plainRate > 0);
  CHECK(result.capturedRate > 0);
  CHECK(result.ratio > 0);
}

TEST_CASE("captures that do not fit, or measure nothing, are refused") {
  const auto fake = fakeModel();
  auto session = require(Session::create(fake.model, {.context = 50}));
  CHECK_FALSE(CaptureBench(*session, {.prompt = 40, .generate = 11, .repeats = 1}, {}).step());
  CHECK_FALSE(CaptureBench(*session, {.prompt = 40, .generate = 0, .repeats = 1}, {}).step());
}
