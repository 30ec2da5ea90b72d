// The Vulkan compute backend: any device with Vulkan 1.2 or newer, discrete, integrated or software.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/run/backend.h"

namespace cutaway {

struct VulkanOptions {
  /// Checks every Vulkan call with the Khronos layer; the environment's CUTAWAY_VALIDATION=1 does the same.
  bool validation = false;
  /// Where compiled pipelines are kept between runs; empty: nowhere. Default: the user's cache folder.
  std::string cacheFolder = {};
  bool useCacheFolder = true;

  // For tests: what another device would be like.
  bool portableKernels = false;         ///< never the kernels made for software devices
  bool stageWeights = false;            ///< copy weights through staging even where memory is mapped
  std::uint64_t storageRangeLimit = 0;  ///< lower binding limit; 0: the device's own
  bool loadAsDiscrete = false;          ///< repack on the device, and compile kernels meanwhile
  bool softwareMatrices = false;        ///< cooperative matrices on software devices too
  bool queueAhead = false;              ///< steps are queued ahead on software devices too
  std::uint64_t tapScoreLimit = 0;      ///< less room for the scores that views ask for; 0: the usual
};

/// All devices that can be used, in the loader's order; an empty list when there is none. Fails when there is
/// no Vulkan loader.
Result<std::vector<DeviceInfo>> listVulkanDevices();

/// For people, per device of that list: which cooperative matrices it has, and why they are not used; empty
/// without any.
Result<std::vector<std::string>> describeVulkanMatrices();

/// Opens the device at this index of listVulkanDevices().
Result<std::shared_ptr<Backend>> createVulkanBackend(std::size_t index, const VulkanOptions& options = {});

/// What the validation layer has said to this backend since the last call; empty for other backends.
std::vector<std::string> takeValidationMessages(Backend& backend);

}  // namespace cutaway
