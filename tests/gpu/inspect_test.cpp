// Captures and edits on the device: against transformers and float64.
#include "gpu/backend.h"
#include "support/inspect_checks.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

constexpr double kTolerance = 2e-3;

}  // namespace

TEST_CASE("hidden states and attention of prompt and continuation are those of transformers") {
  const auto backend = openVulkan();
  for (const char* name : {"llama-llama3", "qwen2", "qwen3"})
    checkTransformersValues(backend, name, kTolerance);
  checkSilent(*backend);
}

TEST_CASE("hidden states and attention of stories260K are those of transformers") {
  const auto path = sharedFile("models/stories260K-f32.gguf");
  if (!path) return;
  const auto backend = openVulkan();
  for (const std::uint32_t stepTokens : {1u, 16u}) checkTransformersValues(backend, *path, "stories260K", kTolerance, stepTokens);
  checkSilent(*backend);
}

TEST_CASE("ablation, patching and steering give what forward hooks of transformers give") {
  const auto backend = openVulkan();
  for (const char* name : {"llama-llama3", "qwen2", "qwen3"})
    checkTransformersEdits(backend, name, kTolerance);
  checkSilent(*backend);
}

TEST_CASE("every value of a text read in steps is that of a float64 pass") {
  const auto backend = openVulkan();
  if (const auto path = sharedFile("models/stories260K-f32.gguf"))
    for (const std::uint32_t stepTokens : {1u, 7u})
      checkFloat64Values(backend, *path, "stories260K.json", stepTokens, kTolerance);
  checkSilent(*backend);
}

TEST_CASE("a part of a value is captured as it is in the whole") {
  const auto backend = openVulkan();
  checkParts(backend);
  checkSilent(*backend);
}
