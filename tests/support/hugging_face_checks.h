// Directories that transformers saved, on a backend, against the logits that it computes: made by
// tests/oracles/hugging_face/make_directories.py.
#pragma once

#include "support/families_checks.h"

namespace cutaway::test {

inline void checkDirectories(const std::shared_ptr<Backend>& backend) {
  const auto index = nlohmann::json::parse(readFile(familyOracle("families.json")));
  const std::vector<TokenId> tokens = index.at("tokens");
  std::vector<std::string> names = {"llama-bf16"};
  for (const auto& entry : index.at("models")) names.push_back(entry.at("name"));
  for (const std::string& name : names) {
    CAPTURE(name);
    const LoadedModel model = loadModelFile(projectFile("tests/oracles/hugging_face/models/" + name), backend);
    const std::string logits = name == "llama-bf16" ? "../hugging_face/llama-bf16" : name;
    const auto whole = Runner(model, 64).run(tokens, {.fullLogits = true});
    CHECK(largestDifference(whole.rows, expectedLogits(logits)) < 1e-3f);
  }
}

}  // namespace cutaway::test
