// Files that we quantize, read by llama.cpp: tests/oracles/quantized.
#include <doctest/doctest.h>

#include <filesystem>
#include <unistd.h>

#include "core/convert/quantize.h"
#include "support/llama_cpp_checks.h"
#include "support/real_model.h"

using namespace cutaway;

TEST_CASE("llama.cpp makes of our files what we make of them") {
  if (test::kSanitized) return;
  ThreadPool pool(2);
  const std::string path = (std::filesystem::temp_directory_path() / concat("cutaway-quantized-", getpid(), ".gguf")).string();
  const auto oracle = nlohmann::json::parse(test::readFile(test::projectFile("tests/oracles/quantized/llama.cpp.json")));
  for (const Mix& mix : mixes()) {
    CAPTURE(mix.name);
    REQUIRE(oracle.contains(mix.name));
    const auto job = test::orFail(
        startRounding(test::orFail(openModelFile(test::projectFile("resources/demo-model/demo-f16.gguf"))),
                      {.target = path, .mix = &mix, .pure = false, .importance = {}}, pool));
    while (test::orFail(job->step())) {
    }
    const auto& known = oracle[mix.name];
    const test::LlamaCppOracle expected{known["tokens"], {}, known["ppl"], known["positions"]};
    const auto session = test::exactSession(test::loadOnCpu(path), 128);
    const StepResult result =
        test::orFail(session->step(expected.tokens, {.lastOnly = false, .fullLogits = true}));
    test::checkProbabilities(expected, result, 0.08);  // llama.cpp rounds the activations to 8 bits as well
    CHECK(test::perplexity(expected, result) == doctest::Approx(expected.perplexity).epsilon(0.02));
    std::filesystem::remove(path);
  }
}
