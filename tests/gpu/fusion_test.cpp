// Fused launches beside the same graph launch by launch, and how many launches a token takes: every format and family, on
// both classes of kernels.
#include <cmath>

#include "gpu/plan.h"
#include "support/families_checks.h"
#include "support/int8_checks.h"
#include "twin.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

constexpr std::uint32_t kPages = 4;

/// A model with a cache and a plan of its own.
struct Sequence {
  Sequence(Backend& backend, const Graph& of, const WeightTable& weights) : graph(of) {
    auto cache = require(
        backend.createCache({graph.layers, graph.keyValueHeads, graph.headWidth, kPages, FormatId::f32}));
    plan = require(backend.compile(graph, weights, std::move(cache), {.maxTokens = 32}));
  }
  LogitRow run(std::uint32_t first, std::uint32_t count, const Edits& edits) const {
    StepArrays arrays = test::run(first, count, graph.vocabulary, kPages);
    arrays.edits = edits;
    arrays.fullLogits = true;
    return require(plan->run(arrays.step())).rows.back();
  }
  const Graph& graph;
  std::unique_ptr<Plan> plan;
};

/// An edit that changes nothing behind every node, so that no two of them can be one launch.
Edits everywhere(const Graph& graph) {
  Edits edits;
  for (const Node& node : graph.nodes) edits.emplace_back().value = node.output;
  return edits;
}

void checkFused(Backend& backend, const Graph& graph, const WeightTable& weights) {
  const Sequence fused(backend, graph, weights), apart(backend, graph, weights);
  const Edits edits = everywhere(graph);
  std::uint32_t first = 0;
  for (const std::uint32_t count : {11u, 1u, 1u, 3u, 1u}) {
    CAPTURE(first);
    const LogitRow found = fused.run(first, count, {}), expected = apart.run(first, count, edits);
    first += count;
    REQUIRE(found.logits.size() == expected.logits.size());
    const float scale = std::max(1.0f, std::abs(expected.top.front().logit));
    for (std::size_t i = 0; i < found.logits.size(); ++i)
      REQUIRE(std::abs(found.logits[i] - expected.logits[i]) <= 2e-4f * scale);
  }
  using enum gpu::RowClass;
  const auto& plan = dynamic_cast<const gpu::GpuPlan&>(*fused.plan);
  CHECK(plan.launches(one, one) <= 1 + graph.layers * 6 + 3);
}

}  // namespace

TEST_CASE("fused launches give what single ones give in every format, in at most six per layer") {
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    const auto backend = openVulkan({.portableKernels = portable});
    for (const NumberFormat& format : numberFormats()) {
      CAPTURE(format.name);
      const ModelShape shape = {"", 256, 4, 2, 64, 256, 130, format.id};
      const Graph graph = makeGraph(shape);
      const ModelFile file = makeFile(shape, graph);
      checkFused(*backend, graph, require(backend->upload(file, graph, {}, {})));
    }
    checkSilent(*backend);
  }
}

TEST_CASE("fused launches give what single ones give in every family, in at most six per layer") {
  const auto index = nlohmann::json::parse(readFile(familyOracle("families.json")));
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    const auto backend = openVulkan({.portableKernels = portable});
    for (const auto& entry : index.at("models")) {
      const std::string name = entry.at("name");
      CAPTURE(name);
      const LoadedModel model = loadModelFile(familyOracle(name + ".gguf"), backend);
      checkFused(*backend, model.graph(), model.weights);
    }
    checkSilent(*backend);
  }
}

TEST_CASE("no fused launch passes over the rounding of activations") {
  constexpr ModelShape kShapes[] = {
      {"even", 64, 4, 2, 16, 96, 100},
      {"odd everywhere", 37, 3, 1, 5, 45, 67, FormatId::f32, false, false, false, true, 2},
      {"norms of heads", 64, 4, 2, 32, 64, 129, FormatId::q8_0, true, true, true},
  };
  for (const bool portable : {false, true})
    for (const ActivationScale rounding : {ActivationScale::dynamic, ActivationScale::fixed})
      for (const ModelShape& shape : kShapes) {
        CAPTURE(portable);
        CAPTURE(shape.name);
        const auto backend = openVulkan({.portableKernels = portable});
        // A number between two levels may go to the other one, 1/127 of the largest away.
        const TwinOptions options{.tolerance = 3e-2f, .rounding = rounding};
        Twin fused(backend, shape, options), apart(backend, shape, options);
        const std::uint32_t vocabulary = shape.vocabulary, pages = options.pages;
        std::uint32_t first = 0;
        for (const std::uint32_t count : {13u, 1u, 1u, 5u, 1u}) {
          fused.check(run(first, count, vocabulary, pages));
          apart.checkRounding(run(first, count, vocabulary, pages));
          first += count;
        }
        checkSilent(*backend);
      }
}
