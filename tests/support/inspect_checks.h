// Captures and edits on a backend against what other programs computed: tests/oracles/inspect and float64.
#pragma once

#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "core/graph/edit_text.h"
#include "core/inspect/capture.h"
#include "support/float64_checks.h"
#include "support/model_runner.h"
#include "support/paths.h"

namespace cutaway::test {

struct Captured {
  std::vector<TokenId> tokens;
  std::map<std::string, CapturedValue> values;

  std::vector<float> floats(const std::string& name) const {
    const CapturedValue& value = values.at(name);
    std::vector<float> numbers(value.bytes.size() / sizeof(float));
    std::memcpy(numbers.data(), value.bytes.data(), value.bytes.size());
    return numbers;
  }
};

/// With an F32 cache, as expected values have it.
inline std::unique_ptr<Session> inspectSession(std::shared_ptr<Backend> backend, const std::string& path,
                                               std::uint32_t stepTokens, std::uint32_t context = 128) {
  auto description = std::make_shared<ModelDescription>();
  description->file = require(openModelFile(path));
  description->architecture = require(readArchitecture(description->file));
  if (auto own = Tokenizer::create(description->file.metadata))
    description->tokenizer = std::move(*own);
  else  // the tiny models have none of their own, and nobody reads what theirs says
    description->tokenizer = require(Tokenizer::create(
        require(openModelFile(projectFile("resources/demo-model/demo-f16.gguf"))).metadata));
  auto model = require(loadModel(std::move(description), std::move(backend)));
  return require(Session::create(
      std::move(model), {.context = context, .cacheFormat = FormatId::f32, .maxStepTokens = stepTokens}));
}

inline Captured capture(Session& session, const std::vector<TokenId>& prompt, std::string_view selection,
                        CaptureOptions options = {}) {
  const auto size = static_cast<std::uint32_t>(prompt.size());
  const auto selections = require(
      parseSelections(session.model().description->graph(), selection, {size, size + options.maxTokens}));
  CaptureRun run = require(CaptureRun::create(session, prompt, selections, options));
  while (require(run.step())) {
  }
  Captured captured{run.tokens(), {}};
  for (CapturedValue& value : run.take()) captured.values.emplace(value.name, std::move(value));
  return captured;
}

inline void setEdits(Session& session, std::string_view text, std::uint32_t tokens) {
  auto edits = require(parseEdit(session.model().description->graph(), text, {tokens, tokens}));
  require(session.setEdits(std::make_shared<const Edits>(std::move(edits))));
}

/// Largest |a - b| over max(1, largest |b|).
inline double difference(const std::vector<float>& found, const std::vector<float>& expected) {
  REQUIRE(found.size() == expected.size());
  double worst = 0, largest = 1;
  for (std::size_t i = 0; i < found.size(); ++i) {
    worst = std::max(worst, std::abs(double{found[i]} - double{expected[i]}));
    largest = std::max(largest, std::abs(double{expected[i]}));
  }
  return worst / largest;
}

inline std::string inspectOracle(const std::string& name) {
  return projectFile("tests/oracles/inspect/" + name + ".safetensors");
}

inline std::vector<float> oracleFloats(const ArrayFile& file, std::string_view name) {
  const ArrayInfo* info = file.find(name);
  INFO(name);
  REQUIRE(info != nullptr);
  return require(file.floats(*info));
}

inline std::vector<TokenId> oracleTokens(const ArrayFile& file) {
  const auto bytes = file.data(*file.find("tokens"));
  std::vector<TokenId> tokens(bytes.size() / sizeof(TokenId));
  std::memcpy(tokens.data(), bytes.data(), bytes.size());
  return tokens;
}

/// Hidden states, attention matrices and logits of a prompt and its greedy continuation, both read in steps of so many tokens.
inline void checkTransformersValues(const std::shared_ptr<Backend>& backend, const std::string& path, const std::string& name,
                                    double tolerance, std::uint32_t stepTokens = 4) {
  CAPTURE(name);
  const ArrayFile oracle = require(readSafetensors(require(mapFile(inspectOracle(name)))));
  const std::vector<TokenId> tokens = oracleTokens(oracle);
  const auto promptTokens = static_cast<std::size_t>(std::stoi(oracle.metadata.at("prompt_tokens")));
  const std::vector<TokenId> prompt(tokens.begin(),
                                    tokens.begin() + static_cast<std::ptrdiff_t>(promptTokens));
  const auto session = inspectSession(backend, path, stepTokens);
  std::string names;
  for (const ArrayInfo& array : oracle.arrays)
    if (session->model().description->graph().find(array.name) != kNone)
      names += (names.empty() ? "" : ",") + array.name;
  const Captured found =
      capture(*session, prompt, names,
              {.maxTokens = static_cast<std::uint32_t>(tokens.size() - promptTokens), .ignoreEnd = true});
  CHECK(found.tokens == tokens);
  // Embedding, last norm and logits; per layer two residual streams, heads and pattern.
  CHECK(found.values.size() == 3 + 4 * session->model().description->graph().layers);
  for (const auto& [valueName, value] : found.values) {
    CAPTURE(valueName);
    CHECK(value.shape == oracle.find(valueName)->shape);
    CHECK(difference(found.floats(valueName), oracleFloats(oracle, valueName)) <= tolerance);
  }
}

/// Of the tiny model with this name.
inline void checkTransformersValues(const std::shared_ptr<Backend>& backend, const std::string& name, double tolerance) {
  checkTransformersValues(backend, projectFile("tests/oracles/families/" + name + ".gguf"), name, tolerance);
}

/// Ablation, patching and steering beside forward hooks.
inline void checkTransformersEdits(const std::shared_ptr<Backend>& backend, const std::string& name,
                                   double tolerance) {
  CAPTURE(name);
  const std::string path = inspectOracle(name);
  const ArrayFile oracle = require(readSafetensors(require(mapFile(path))));
  const std::vector<TokenId> tokens = oracleTokens(oracle);
  const auto size = static_cast<std::uint32_t>(tokens.size());
  const std::pair<const char*, std::string> edits[] = {
      {"zero", "blk.0.attn.z[head=2]=zero"},
      {"scale", "blk.1.ffn.act[token=4:9;neuron=5,6]=scale:-1.5"},
      {"add", "blk.0.resid_post[token=3:6]=add:" + path + ":vector*2.5"},
      {"replace", "blk.0.resid_post[token=5]=replace:" + path + ":other"},
      {"mean", "blk.0.resid_post[token=7:]=mean:" + path + ":other"},
      {"final", "final_norm[token=12;dim=0:4]=zero"},
      {"embed", "embed[token=0]=scale:2"},
  };
  for (const std::uint32_t stepTokens : {1u, 16u}) {
    const auto session =
        inspectSession(backend, projectFile("tests/oracles/families/" + name + ".gguf"), stepTokens);
    for (const auto& [kind, text] : edits) {
      CAPTURE(stepTokens);
      CAPTURE(text);
      setEdits(*session, text, size);
      const Captured found = capture(*session, tokens, "logits");
      CHECK(difference(found.floats("logits"), oracleFloats(oracle, std::string("logits after ") + kind)) <=
            tolerance);
    }
  }
}

/// Every named value of a float64 pass, the text read in steps of so many tokens.
inline void checkFloat64Values(const std::shared_ptr<Backend>& backend, const std::string& path,
                               const std::string& oracleName, std::uint32_t stepTokens, double tolerance) {
  const auto oracle = nlohmann::json::parse(readFile(projectFile("tests/oracles/float64/" + oracleName)));
  const auto session = inspectSession(backend, path, stepTokens);
  std::string names;
  for (const auto& [name, expected] : oracle.at("values").items()) names += (names.empty() ? "" : ",") + name;
  const Captured found = capture(*session, oracle.at("tokens").get<std::vector<TokenId>>(), names);
  for (const auto& [name, expected] : oracle.at("values").items()) {
    CAPTURE(name);
    CHECK(found.values.at(name).shape == expected.at("shape").get<std::vector<std::uint64_t>>());
    CHECK(sampledDifference(expected, found.floats(name)) <= tolerance);
  }
}

/// Parts of values are what they are of whole ones, to the bit.
inline void checkParts(const std::shared_ptr<Backend>& backend) {
  const std::vector<TokenId> tokens = {5, 17, 33, 2, 90, 41, 8, 63, 12, 77};
  const auto session = inspectSession(backend, projectFile("tests/oracles/families/qwen3.gguf"), 4);
  const Captured whole = capture(*session, tokens, "blk.1.*,logits");
  const auto check = [&](const char* selection, const char* name, std::vector<std::uint64_t> shape,
                         std::vector<std::vector<std::uint64_t>> members) {
    CAPTURE(selection);
    const Captured part = capture(*session, tokens, selection);
    CHECK(part.values.at(name).shape == shape);
    const std::vector<float> found = part.floats(name), all = whole.floats(name);
    const auto& size = whole.values.at(name).shape;
    std::size_t at = 0;
    if (members.size() == 2) members.push_back({0});
    for (const std::uint64_t i : members[0])
      for (const std::uint64_t j : members[1])
        for (const std::uint64_t k : members[2])
          CHECK(std::memcmp(&found.at(at++), &all.at((i * size[1] + j) * (size.size() > 2 ? size[2] : 1) + k),
                            sizeof(float)) == 0);
    CHECK(at == found.size());
  };
  check("blk.1.attn.pattern[head=1,4;token=6]", "blk.1.attn.pattern", {2, 1, 10},
        {{1, 4}, {6}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}});
  check("blk.1.attn.scores[head=5;token=0,-3:;key=2:4]", "blk.1.attn.scores", {1, 4, 2},
        {{5}, {0, 7, 8, 9}, {2, 3}});
  check("blk.1.attn.z[head=0,3:5;token=2,3,8;dim=1,15]", "blk.1.attn.z", {3, 3, 2},
        {{2, 3, 8}, {0, 3, 4}, {1, 15}});
  check("blk.1.ffn.act[neuron=79;token=-1]", "blk.1.ffn.act", {1, 1}, {{9}, {79}});
  check("logits[token=3,9;dim=0,95]", "logits", {2, 2}, {{3, 9}, {0, 95}});
}

}  // namespace cutaway::test
