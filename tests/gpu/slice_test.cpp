// Slices of a graph on the device: they compute what the whole graph computed.
#include "gpu/backend.h"
#include "support/archive_checks.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

constexpr double kTolerance = 2e-3;
const std::vector<TokenId> kTokens = {5, 17, 33, 2, 90, 41, 8, 63, 12, 77, 30, 4, 9, 50};

}  // namespace

TEST_CASE("slices of tiny models compute what the whole graph computed") {
  const auto backend = openVulkan();
  for (const char* name : {"llama-llama3", "qwen2", "qwen3"}) {
    CAPTURE(name);
    const auto session =
        inspectSession(backend, projectFile(concat("tests/oracles/families/", name, ".gguf")), 16);
    checkSlices(*session, kTokens, kTolerance);
    checkPatchedSlice(*session, kTokens, kTolerance);
  }
  checkSilent(*backend);
}

TEST_CASE("slices of the demo model compute what the whole graph computed") {
  const auto backend = openVulkan();
  const auto session = inspectSession(backend, projectFile("resources/demo-model/demo-f16.gguf"), 64);
  const auto tokens = session->tokenizer().encode(
      "Once upon a time, a clever fox named Nina lived in a green valley behind the hill.", true, false);
  checkSlices(*session, tokens, kTolerance);
  checkSilent(*backend);
}

TEST_CASE("every layer's pattern follows from the archive, within what F16 leaves") {
  const auto backend = openVulkan();
  checkArchivedPatterns(*inspectSession(backend, projectFile("tests/oracles/families/qwen3.gguf"), 16), kTokens,
                        kTolerance);
  checkSilent(*backend);
}
