#include "gpu/vulkan/device.h"

#include <vector>

namespace cutaway::gpu {

Device::Device(std::shared_ptr<Instance> instance, PhysicalDevice physical)
    : m_instance(std::move(instance)), m_physical(std::move(physical)) {}

Result<std::shared_ptr<Device>> Device::create(std::shared_ptr<Instance> instance, PhysicalDevice physical) {
  std::shared_ptr<Device> device(new Device(std::move(instance), std::move(physical)));
  const float priority = 1.0f;
  const VkDeviceQueueCreateInfo queue{.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                      .queueFamilyIndex = device->m_physical.computeQueueFamily(),
                                      .queueCount = 1,
                                      .pQueuePriorities = &priority};
  VkPhysicalDeviceVulkan12Features features{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                                            .timelineSemaphore = VK_TRUE};
  std::vector<const char*> extensions;
  if (device->m_physical.hasMemoryBudget()) extensions.push_back(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  if (device->m_physical.matrices()) {
    extensions.insert(extensions.end(), std::begin(kMatrixExtensions), std::end(kMatrixExtensions));
    askForMatrices(features);
    features.pNext = matrixFeatures();
  }
  const VkDeviceCreateInfo info{.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                .pNext = &features,
                                .queueCreateInfoCount = 1,
                                .pQueueCreateInfos = &queue,
                                .enabledExtensionCount = static_cast<std::uint32_t>(extensions.size()),
                                .ppEnabledExtensionNames = extensions.data()};
  TRY(device->check(vkCreateDevice(device->m_physical.handle(), &info, nullptr, &device->m_handle),
                    "open the device"));
  vkGetDeviceQueue(device->m_handle, queue.queueFamilyIndex, 0, &device->m_queue);
  return device;
}

Device::~Device() {
  if (!m_handle) return;
  vkDeviceWaitIdle(m_handle);
  vkDestroyDevice(m_handle, nullptr);
}

Result<void> Device::check(VkResult result, const char* doing) const {
  if (result == VK_SUCCESS) return {};
  if (result == VK_ERROR_DEVICE_LOST) {
    m_lost = true;
    return alive();
  }
  const bool memory = result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY;
  return fail(memory ? ErrorKind::outOfMemory : ErrorKind::device, name(), ": cannot ", doing, ": ",
              resultName(result));
}

Result<void> Device::alive() const {
  if (!m_lost) return {};
  return fail(
      ErrorKind::device, name(),
      ": the device was lost (its driver was reset or it was removed); open the model again, or choose "
      "another device");
}

}  // namespace cutaway::gpu
