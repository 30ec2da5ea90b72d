// Whole models against what llama.cpp says of them, on the device.
#include "gpu/backend.h"
#include "support/llama_cpp_checks.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

void checkModel(const std::string& modelPath, const std::string& oracleName, double tolerance, float nearTie,
                bool portable) {
  const auto backend = openVulkan({.portableKernels = portable});
  checkLlamaCpp(backend, modelPath, oracleName, tolerance, nearTie);
  checkSilent(*backend);
}

}  // namespace

TEST_CASE("stories260K says what llama.cpp says") {
  const auto path = sharedFile("models/stories260K-f32.gguf");
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    if (path) checkModel(*path, "stories260K-llama.cpp.json", 2e-3, 0.0f, portable);
  }
}

TEST_CASE("the demo model says what llama.cpp says") {
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    checkModel(projectFile("resources/demo-model/demo-f16.gguf"), "demo-llama.cpp.json", 5e-3, 0.05f,
               portable);
  }
}
