// A small model of the qwen3 family on the CPU backend, and steps for it made by hand.
#pragma once

#include "core/cpu/cpu_backend.h"
#include "support/model_runner.h"
#include "support/paths.h"

namespace cutaway::test {

inline const LoadedModel& qwen() {
  static const LoadedModel model =
      loadModelFile(projectFile("tests/oracles/families/qwen3.gguf"), createCpuBackend(2));
  return model;
}

/// A plan over a cache of `pages` pages, driven by hand.
struct Bench {
  explicit Bench(std::uint32_t pages, const LoadedModel& loaded = qwen(), FormatId format = FormatId::f32)
      : model(loaded) {
    const Graph& graph = model.graph();
    cache = require(
        model.backend->createCache({graph.layers, graph.keyValueHeads, graph.headWidth, pages, format}));
    plan = require(model.backend->compile(graph, model.weights, cache, {.maxTokens = 128}));
  }
  const LoadedModel& model;
  std::shared_ptr<CacheStorage> cache;
  std::unique_ptr<Plan> plan;
};

/// The arrays of a step, to be spoiled one at a time.
struct StepArrays {
  std::vector<TokenId> tokens;
  std::vector<std::int32_t> positions, sequences;
  std::vector<std::uint8_t> want;
  std::vector<std::int32_t> pages;
  std::uint32_t perSequence = 1;
  std::vector<TokenId> targets;
  std::vector<Tap> taps;
  bool fullLogits = true;

  void add(TokenId token, std::int32_t position, std::int32_t sequence, bool wanted = true) {
    tokens.push_back(token);
    positions.push_back(position);
    sequences.push_back(sequence);
    want.push_back(wanted);
  }
  Step step() const {
    return {tokens, positions, sequences, want, pages, perSequence, targets, fullLogits, taps};
  }
};

/// Three tokens of one sequence over two pages.
inline StepArrays plainStep() {
  StepArrays arrays;
  arrays.pages = {0, 1};
  arrays.perSequence = 2;
  for (std::int32_t i = 0; i < 3; ++i) arrays.add(i + 1, i, 0);
  return arrays;
}

}  // namespace cutaway::test
