// The devices of an instance that this backend can use.
#pragma once

#include <vector>

#include "gpu/vulkan/instance.h"
#include "gpu/vulkan/physical_device.h"

namespace cutaway::gpu {

Result<std::vector<PhysicalDevice>> usableDevices(const Instance& instance);

}  // namespace cutaway::gpu
