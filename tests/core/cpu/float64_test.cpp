// Whole models against a float64 forward pass, value by value: tests/oracles/float64.
#include "core/cpu/cpu_backend.h"
#include "support/float64_checks.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

void checkModel(const std::string& path, const std::string& oracleName) {
  checkFloat64Model(createCpuBackend(), path, oracleName, 1e-4);
}

}  // namespace

TEST_CASE("every named value of stories260K is that of a float64 pass") {
  const auto path = sharedFile("models/stories260K-f32.gguf");
  if (path) checkModel(*path, "stories260K.json");
}

TEST_CASE("every named value of the demo model is that of a float64 pass") {
  checkModel(projectFile("resources/demo-model/demo-f16.gguf"), "demo.json");
}
