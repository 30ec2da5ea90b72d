// Whole models on the device against a float64 forward pass, value by value: tests/oracles/float64.
#include "gpu/backend.h"
#include "support/float64_checks.h"
#include "support/int8_checks.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

void checkModel(const std::string& path, const std::string& oracleName) {
  const auto backend = openVulkan();
  checkFloat64Model(backend, path, oracleName, 2e-3);
  checkSilent(*backend);
}

}  // namespace

TEST_CASE("every named value of stories260K is that of a float64 pass") {
  const auto path = sharedFile("models/stories260K-f32.gguf");
  if (path) checkModel(*path, "stories260K.json");
}

TEST_CASE("every named value of the demo model is that of a float64 pass") {
  checkModel(projectFile("resources/demo-model/demo-f16.gguf"), "demo.json");
}

TEST_CASE("the demo model with rounded activations predicts what a float64 pass with them predicts") {
  for (const bool portable : {false, true}) {
    const auto backend = openVulkan({.portableKernels = portable});
    checkRoundedModel(backend, "1e-06", 1);
    checkSilent(*backend);
  }
}
