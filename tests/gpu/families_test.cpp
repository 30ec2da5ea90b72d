// Every family against Hugging Face transformers, on the device.
#include "gpu/backend.h"
#include "support/hugging_face_checks.h"

using namespace cutaway;
using namespace cutaway::test;

TEST_CASE("every family computes the logits that transformers computes") {
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    const auto backend = openVulkan({.portableKernels = portable});
    checkFamilies(backend);
    checkSilent(*backend);
  }
}

TEST_CASE("directories saved by transformers give its logits") {
  const auto backend = openVulkan();
  checkDirectories(backend);
  checkSilent(*backend);
}

TEST_CASE("GPTQ and AWQ directories give the logits of the weights that they hold") {
  const auto backend = openVulkan();
  checkPackedDirectories(backend);
  checkSilent(*backend);
}
