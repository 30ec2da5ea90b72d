// Rounded activations on a backend: the nodes round what they read, and the demo model's predictions are those of a float64 pass
// with the same rounding (tests/oracles/int8_activations).
#pragma once

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/graph/rounded_inputs.h"
#include "core/quant/integer_grid.h"
#include "support/model_runner.h"
#include "support/paths.h"

namespace cutaway::test {

inline nlohmann::json int8Oracle() {
  return nlohmann::json::parse(readFile(projectFile("tests/oracles/int8_activations/demo.json")));
}

/// Every rounded value with the one it was made of, in turns.
inline std::vector<Tap> roundingTaps(const Graph& graph) {
  std::vector<Tap> taps;
  for (const Node& node : graph.nodes)
    if (node.op == Op::roundInt8)
      for (const ValueId value : {node.inputs.front(), node.output}) taps.push_back({.value = value});
  return taps;
}

/// Of captures of those taps: each row is the other one rounded. A device may divide less exactly, so that a number between two
/// levels goes to the other one: at most `mostFlips` of a thousand.
inline void checkRounding(const Graph& graph, std::span<const Capture> captures, double mostFlips) {
  std::size_t flips = 0, count = 0;
  for (std::size_t i = 0; i + 1 < captures.size(); i += 2) {
    const Value& value = graph.values[static_cast<std::size_t>(captures[i + 1].value)];
    CAPTURE(value.name);
    const float range = std::get<RoundAttributes>(graph.nodes[static_cast<std::size_t>(value.node)].attributes).largest;
    std::vector<float> expected = captures[i].data;
    const std::vector<float>& found = captures[i + 1].data;
    REQUIRE(found.size() == expected.size());
    const std::size_t width = expected.size() / captures[i].shape.front();
    for (std::size_t at = 0; at < expected.size(); at += width) {
      const auto row = std::span(expected).subspan(at, width);
      const IntegerGrid grid = symmetricGrid(8, range > 0 ? range : largestOf(row));
      roundToGrid(grid, row);
      for (std::size_t c = 0; c < width; ++c) {
        const float off = std::abs(found[at + c] - row[c]);
        REQUIRE(off <= 1.001f * grid.scale);
        flips += off > 0.5f * grid.scale;
        if (off <= 0.5f * grid.scale) REQUIRE(off <= 1e-6f * std::abs(row[c]));
      }
    }
    count += expected.size();
  }
  REQUIRE(count > 0);
  CHECK(1000.0 * static_cast<double>(flips) <= mostFlips * static_cast<double>(count));
}

/// Near a level's edge the last bit of a float decides, and moves what follows by a level: predictions agree to what happens to a
/// float64 pass whose weights are off by `precision` of themselves.
inline void checkRoundedModel(const std::shared_ptr<Backend>& backend, const char* precision, double mostFlips) {
  const nlohmann::json oracle = int8Oracle();
  const std::vector<TokenId> tokens = oracle.at("tokens");
  const auto listed = oracle.at("listed").get<std::vector<std::vector<TokenId>>>();
  const LoadedModel plain = loadModelFile(projectFile("resources/demo-model/demo-f16.gguf"), backend);
  const auto ranges = oracle.at("ranges").get<ActivationRanges>();
  using enum ActivationScale;
  const std::pair<const char*, ActivationRounding> modes[] = {
      {"plain", {}}, {"dynamic", {dynamic, false, {}}}, {"dynamic:all", {dynamic, true, {}}}, {"static", {fixed, false, ranges}}};
  const auto plainRows = oracle.at("modes").at("plain").at("logprobs").get<std::vector<std::vector<double>>>();
  for (const auto& [name, rounding] : modes) {
    CAPTURE(name);
    LoadedModel model{plain.file, plain.architecture, backend, plain.weights};
    model.architecture.graph = require(roundInputs(plain.graph(), rounding));
    REQUIRE(validate(model.graph()).has_value());
    const std::vector<Tap> taps = roundingTaps(model.graph());
    CHECK(taps.empty() == (rounding.scale == none));
    const StepResult result = Runner(model, static_cast<std::uint32_t>(tokens.size())).run(tokens, {.fullLogits = true, .taps = taps});
    const nlohmann::json& mode = oracle.at("modes").at(name);
    const auto expected = mode.at("logprobs").get<std::vector<std::vector<double>>>();
    double off = 0, moved = 0, loss = 0;
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      const LogitRow& row = result.rows[t];
      const auto logProbability = [&](TokenId token) { return double{row.logits[static_cast<std::size_t>(token)]} - double{row.logSumExp}; };
      for (std::size_t i = 0; i < listed[t].size(); ++i) {
        off += std::abs(logProbability(listed[t][i]) - expected[t][i]);
        moved += std::abs(plainRows[t][i] - expected[t][i]);
      }
      if (t + 1 < tokens.size()) loss -= logProbability(tokens[t + 1]);
    }
    loss /= static_cast<double>(tokens.size() - 1);
    const double expectedLoss = mode.at("loss");
    const double count = static_cast<double>(listed.front().size() * tokens.size()), noise = mode.at("noise").at(precision);
    MESSAGE(std::string(name), ": log-probabilities off by ", off / count, ", noise ", noise, ", the rounding moves them by ", moved / count,
            "; loss ", loss, ", expected ", expectedLoss);
    CHECK(off / count <= 1.5 * noise + 1e-3);
    CHECK(std::abs(loss - expectedLoss) <= 0.5 * noise + 1e-4);
    if (rounding.scale != none) checkRounding(model.graph(), result.captures, mostFlips);
  }
}

}  // namespace cutaway::test
