// The logit lens on the device against transformers.
#include "support/lens_checks.h"

#include "gpu/backend.h"

using namespace cutaway::test;

TEST_CASE("every layer's distribution is transformers'") {
  const auto backend = openVulkan();
  checkLens([&] { return backend; }, 2e-3);
  checkSilent(*backend);
}
