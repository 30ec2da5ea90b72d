// Opens the Vulkan device the tests run on, with validation; what the layer says fails the test.
#pragma once

#include <doctest/doctest.h>

#include "gpu/vulkan_backend.h"
#include "support/model_runner.h"

namespace cutaway::test {

inline std::shared_ptr<Backend> openVulkan(VulkanOptions options = {}) {
  options.validation = true;
  options.useCacheFolder = false;
  return require(createVulkanBackend(0, options));
}

inline void checkSilent(Backend& backend) {
  for (const std::string& message : takeValidationMessages(backend)) FAIL_CHECK(message);
}

}  // namespace cutaway::test
