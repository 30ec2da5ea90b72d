#include "gpu/device_list.h"

#include "gpu/vulkan_backend.h"

namespace cutaway {
namespace gpu {

Result<std::vector<PhysicalDevice>> usableDevices(const Instance& instance) {
  std::vector<PhysicalDevice> devices;
  for (const VkPhysicalDevice handle : TRY(instance.physicalDevices()))
    if (auto device = PhysicalDevice::create(instance.handle(), handle)) devices.push_back(std::move(*device));
  return devices;
}

}  // namespace gpu

Result<std::vector<DeviceInfo>> listVulkanDevices() {
  const auto instance = TRY(gpu::Instance::create(false));
  std::vector<DeviceInfo> infos;
  for (const gpu::PhysicalDevice& device : TRY(gpu::usableDevices(*instance))) infos.push_back(device.info());
  return infos;
}

}  // namespace cutaway
