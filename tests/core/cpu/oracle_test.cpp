// Whole models against what llama.cpp says of them, on the CPU.
#include "core/cpu/cpu_backend.h"
#include "support/llama_cpp_checks.h"

using namespace cutaway;
using namespace cutaway::test;

TEST_CASE("stories260K says what llama.cpp says") {
  const auto path = sharedFile("models/stories260K-f32.gguf");
  if (path) checkLlamaCpp(createCpuBackend(), *path, "stories260K-llama.cpp.json", 1e-3, 0.0f);
}

TEST_CASE("the demo model says what llama.cpp says") {
  checkLlamaCpp(createCpuBackend(), projectFile("resources/demo-model/demo-f16.gguf"), "demo-llama.cpp.json",
                5e-3, 0.05f);
}
