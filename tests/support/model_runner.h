// A model on a backend, fed with tokens: what tests of both backends run their expected values against.
#pragma once

#include <doctest/doctest.h>

#include <numeric>

#include "core/arch/family.h"
#include "core/run/backend.h"

namespace cutaway::test {

template <class T>
T require(Result<T> result) {
  if (!result) FAIL(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

struct LoadedModel {
  ModelFile file;
  Architecture architecture;
  std::shared_ptr<Backend> backend;
  WeightTable weights;

  const Graph& graph() const { return architecture.graph; }
  ValueId value(std::string_view name) const {
    const ValueId id = graph().find(name);
    INFO(name);
    REQUIRE(id != kNone);
    return id;
  }
};

inline LoadedModel loadModelFile(const std::string& path, std::shared_ptr<Backend> backend) {
  LoadedModel model{require(openModelFile(path)), {}, std::move(backend), {}};
  model.architecture = require(readArchitecture(model.file));
  model.weights = require(model.backend->upload(model.file, model.graph(), {}, {}));
  return model;
}

/// One sequence with a cache of its own. Pages are handed out backwards, so that none is where a contiguous
/// cache would have it.
class Runner {
 public:
  Runner(const LoadedModel& model, std::uint32_t cells, FormatId cacheFormat = FormatId::f32,
         std::uint32_t maxTokens = 512)
      : m_pages((cells + kPageCells - 1) / kPageCells) {
    const Graph& graph = model.graph();
    const auto pageCount = static_cast<std::uint32_t>(m_pages.size());
    std::iota(m_pages.rbegin(), m_pages.rend(), 0);
    auto cache = require(model.backend->createCache(
        {graph.layers, graph.keyValueHeads, graph.headWidth, pageCount, cacheFormat}));
    m_plan =
        require(model.backend->compile(graph, model.weights, std::move(cache), {.maxTokens = maxTokens}));
  }

  struct Wanted {
    bool lastOnly = false;
    bool fullLogits = false;
    std::vector<TokenId> targets = {};
    std::vector<Tap> taps = {};
  };
  /// Runs the tokens after those that were run before.
  StepResult run(std::span<const TokenId> tokens, const Wanted& wanted) {
    std::vector<std::int32_t> positions(tokens.size()), sequences(tokens.size());
    std::iota(positions.begin(), positions.end(), m_length);
    std::vector<std::uint8_t> want(tokens.size(), wanted.lastOnly ? 0 : 1);
    want.back() = 1;
    m_length += static_cast<std::int32_t>(tokens.size());
    return require(m_plan->run({.tokens = tokens,
                                .positions = positions,
                                .sequences = sequences,
                                .wantLogits = want,
                                .pages = m_pages,
                                .pagesPerSequence = static_cast<std::uint32_t>(m_pages.size()),
                                .targets = wanted.targets,
                                .fullLogits = wanted.fullLogits,
                                .taps = wanted.taps}));
  }
  /// The most likely continuation of what was run, `count` tokens of it.
  std::vector<TokenLogit> greedy(LogitRow row, std::size_t count, std::vector<float>* gaps = nullptr) {
    std::vector<TokenLogit> chosen;
    while (true) {
      chosen.push_back(row.top.front());
      if (gaps != nullptr) gaps->push_back(row.top[0].logit - row.top[1].logit);
      if (chosen.size() == count) return chosen;
      const TokenId next = chosen.back().token;
      row = run({&next, 1}, {.lastOnly = true}).rows.front();
    }
  }

 private:
  std::vector<std::int32_t> m_pages;
  std::unique_ptr<Plan> m_plan;
  std::int32_t m_length = 0;
};

}  // namespace cutaway::test
