#include "gpu/vulkan/physical_device.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace cutaway::gpu {
namespace {

DeviceKind kindOf(VkPhysicalDeviceType type) {
  switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
      return DeviceKind::software;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return DeviceKind::integrated;
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return DeviceKind::discrete;
    default:
      return DeviceKind::other;
  }
}

bool hasExtension(VkPhysicalDevice device, const char* name) {
  std::uint32_t count = 0;
  vkEnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  vkEnumerateDeviceExtensionProperties(device, nullptr, &count, extensions.data());
  return std::ranges::any_of(extensions,
                             [&](const auto& e) { return std::strcmp(e.extensionName, name) == 0; });
}

std::uint64_t hostMemory() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

bool hasFeatures(VkPhysicalDevice device) {
  VkPhysicalDeviceVulkan12Features features12{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES};
  VkPhysicalDeviceFeatures2 features{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                     .pNext = &features12};
  vkGetPhysicalDeviceFeatures2(device, &features);
  return features12.timelineSemaphore == VK_TRUE;
}

}  // namespace

Result<PhysicalDevice> PhysicalDevice::create(VkInstance instance, VkPhysicalDevice handle) {
  PhysicalDevice device;
  device.m_handle = handle;
  device.readProperties();
  const std::string& name = device.m_info.name;
  const std::uint32_t version = device.m_properties.apiVersion;
  if (version < VK_API_VERSION_1_2)
    return fail(ErrorKind::device, name, ": its driver knows Vulkan ", VK_API_VERSION_MAJOR(version), ".",
                VK_API_VERSION_MINOR(version), "; 1.2 or newer is needed");
  if (!hasFeatures(handle)) return fail(ErrorKind::device, name, ": its driver has no timeline semaphores");
  if (!device.chooseQueueFamily()) return fail(ErrorKind::device, name, ": it has no compute queue");
  device.m_memoryBudget = hasExtension(handle, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  const auto listed = [&](const char* extension) { return hasExtension(handle, extension); };
  if (std::ranges::all_of(kMatrixExtensions, listed))
    device.m_matrices = chooseMatrices(readCooperativeFacts(instance, handle));
  device.chooseMemoryTypes();
  return device;
}

void PhysicalDevice::readProperties() {
  VkPhysicalDeviceDriverProperties driver{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
  VkPhysicalDeviceSubgroupProperties subgroup{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES,
                                              .pNext = &driver};
  VkPhysicalDeviceMaintenance3Properties maintenance3{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES, .pNext = &subgroup};
  VkPhysicalDeviceProperties2 properties{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                         .pNext = &maintenance3};
  vkGetPhysicalDeviceProperties2(m_handle, &properties);
  m_properties = properties.properties;

  m_info.name = m_properties.deviceName;
  m_info.driver = concat(driver.driverName, " ", driver.driverInfo);
  m_info.kind = kindOf(m_properties.deviceType);
  const VkPhysicalDeviceLimits& limits = m_properties.limits;
  m_limits = {
      .storageRange = limits.maxStorageBufferRange,
      .texels = limits.maxTexelBufferElements,
      .allocation = maintenance3.maxMemoryAllocationSize,
      .bufferAlignment = std::max<std::uint64_t>(
          {limits.minStorageBufferOffsetAlignment, limits.minTexelBufferOffsetAlignment, 64}),
      .workgroups = *std::min_element(limits.maxComputeWorkGroupCount, limits.maxComputeWorkGroupCount + 3),
      .pushConstants = limits.maxPushConstantsSize,
      .lanes = limits.maxComputeWorkGroupInvocations};

  // Only a software device promises one subgroup size by its vector width; others may run a shader at
  // several.
  constexpr VkSubgroupFeatureFlags kNeeded = VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_SHUFFLE_BIT;
  m_lanes8 = m_info.kind == DeviceKind::software && subgroup.subgroupSize == 8 &&
             (subgroup.supportedOperations & kNeeded) == kNeeded &&
             (subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0;

  VkPhysicalDeviceMemoryProperties2 memory{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2};
  vkGetPhysicalDeviceMemoryProperties2(m_handle, &memory);
  m_memory = memory.memoryProperties;
}

bool PhysicalDevice::chooseQueueFamily() {
  std::uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(m_handle, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(m_handle, &count, families.data());
  for (m_queueFamily = 0; m_queueFamily < count; ++m_queueFamily) {
    m_timestampBits = families[m_queueFamily].timestampValidBits;
    if (families[m_queueFamily].queueFlags & VK_QUEUE_COMPUTE_BIT) return true;
  }
  return false;
}

void PhysicalDevice::chooseMemoryTypes() {
  constexpr VkMemoryPropertyFlags kLocal = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
  constexpr VkMemoryPropertyFlags kMapped =
      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  constexpr VkMemoryPropertyFlags kCached = kMapped | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
  const auto heapOf = [&](std::uint32_t type) {
    return m_memory.memoryHeaps[m_memory.memoryTypes[type].heapIndex].size;
  };
  // Types with other properties (lazily allocated, protected, vendors' own) may not hold a buffer.
  constexpr VkMemoryPropertyFlags kKnown = kLocal | kCached;
  const auto find = [&](VkMemoryPropertyFlags flags) -> std::optional<std::uint32_t> {
    std::optional<std::uint32_t> best;
    for (std::uint32_t i = 0; i < m_memory.memoryTypeCount; ++i) {
      const VkMemoryPropertyFlags has = m_memory.memoryTypes[i].propertyFlags;
      if ((has & flags) == flags && (has & ~kKnown) == 0 && (!best || heapOf(i) > heapOf(*best))) best = i;
    }
    return best;
  };

  // Every device has a mapped, coherent type. Device memory is mapped too where that costs no capacity:
  // software, unified memory, or a card whose whole memory the host can see.
  const std::uint32_t mapped = find(kMapped).value_or(0);
  const std::uint32_t local = find(kLocal).value_or(mapped);
  const auto both = find(kLocal | kMapped);
  m_mapped = both && heapOf(*both) >= heapOf(local);
  m_memoryTypes = {m_mapped ? *both : local, mapped, find(kCached).value_or(mapped)};
  m_info.memory = m_info.kind == DeviceKind::software ? hostMemory() : heapOf(memoryType(MemoryUse::device));
}

std::uint64_t PhysicalDevice::availableMemory(std::uint64_t held) const {
  if (m_info.kind == DeviceKind::software) return freeHostMemory();
  const std::uint32_t heap = m_memory.memoryTypes[memoryType(MemoryUse::device)].heapIndex;
  std::uint64_t budget = m_memory.memoryHeaps[heap].size / 10 * 8, used = held;
  if (m_memoryBudget) {
    VkPhysicalDeviceMemoryBudgetPropertiesEXT now{
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
    VkPhysicalDeviceMemoryProperties2 memory{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2,
                                             .pNext = &now};
    vkGetPhysicalDeviceMemoryProperties2(m_handle, &memory);
    budget = now.heapBudget[heap];
    used = now.heapUsage[heap];
  }
  return budget > used ? budget - used : 0;
}

}  // namespace cutaway::gpu
