// What pushed a token, on the device: against transformers.
#include "gpu/backend.h"
#include "support/branch_checks.h"
#include "support/causal_checks.h"

using namespace cutaway;
using namespace cutaway::test;

TEST_CASE("what embedding, heads and blocks push a token by is what numpy makes of transformers' values") {
  const auto backend = openVulkan();
  checkAttribution(backend, 2e-3);
  const auto demo = inspectSession(backend, projectFile("resources/demo-model/demo-f16.gguf"), 64);
  checkAttributionSums(*demo, demo->tokenizer().encode("The capital of France is", true, true));
  if (const auto path = sharedFile("models/stories260K-f32.gguf"))
    checkAttributionSums(*inspectSession(backend, *path, 64), {5, 17, 33, 2, 90, 41, 8});
  checkSilent(*backend);
}

TEST_CASE("branches read in one step are what each text is on its own, edits included") {
  const auto backend = openVulkan();
  checkBranches(backend, 2e-3);
  checkSilent(*backend);
}

TEST_CASE("rollout, moved vectors, leave-one-out and spans are those of transformers and numpy") {
  const auto backend = openVulkan();
  checkImportance(backend, 2e-3);
  checkSilent(*backend);
}

TEST_CASE("sweeps of ablation and patching give what forward hooks of transformers give") {
  const auto backend = openVulkan();
  checkSweeps(backend, 2e-3);
  checkSilent(*backend);
}

TEST_CASE("an edited answer is what hooks of transformers give, read along and written anew") {
  const auto backend = openVulkan();
  checkEditedAnswer(backend, 2e-3);
  checkSilent(*backend);
}
