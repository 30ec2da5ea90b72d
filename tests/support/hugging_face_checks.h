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

/// GPTQ and AWQ directories packed by tests/oracles/hugging_face/make_packed.py, against transformers with the weights that they hold.
inline void checkPackedDirectories(const std::shared_ptr<Backend>& backend) {
  const auto index = nlohmann::json::parse(readFile(familyOracle("families.json")));
  const std::vector<TokenId> tokens = index.at("tokens");
  constexpr struct {
    const char* name;
    FormatId format;
  } kModels[] = {{"gptq-4", FormatId::q4_Z},     {"gptq-4-sym", FormatId::q4_0}, {"gptq-3", FormatId::q4_Z}, {"gptq-2-sym", FormatId::q4_0},
                 {"gptq-8-sym", FormatId::q8_0}, {"gptq-4-desc", FormatId::f16}, {"awq-4", FormatId::q4_Z}};
  for (const auto& [name, format] : kModels) {
    CAPTURE(name);
    const LoadedModel model = loadModelFile(projectFile(std::string("tests/oracles/hugging_face/packed/") + name), backend);
    CHECK(numberFormat(model.file.find("blk.0.attn_q.weight")->format).name == std::string(numberFormat(format).name));
    CHECK(model.file.notes.empty() == (format != FormatId::f16));
    const auto whole = Runner(model, 64).run(tokens, {.fullLogits = true});
    CHECK(largestDifference(whole.rows, expectedLogits(std::string("../hugging_face/packed/") + name)) < 1e-3f);
  }
}

}  // namespace cutaway::test
