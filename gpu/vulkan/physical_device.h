// Facts about a physical device that kernels, memory and errors depend on. Read once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/run/backend.h"
#include "gpu/vulkan/cooperative.h"

namespace cutaway::gpu {

/// What a piece of memory is for.
enum class MemoryUse : std::uint8_t {
  device,    ///< read and written by kernels
  upload,    ///< written by the host, copied by the device
  readback,  ///< copied to by the device, read by the host
};

struct DeviceLimits {
  std::uint64_t storageRange = 0;     ///< maxStorageBufferRange
  std::uint64_t texels = 0;           ///< of a texel buffer
  std::uint64_t allocation = 0;       ///< of one vkAllocateMemory
  std::uint64_t bufferAlignment = 0;  ///< of a storage buffer's offset
  std::uint32_t workgroups = 0;       ///< per dimension, the smallest
  std::uint32_t pushConstants = 0;
  std::uint32_t lanes = 0;  ///< of a work-group
};

class PhysicalDevice {
 public:
  static Result<PhysicalDevice> create(VkInstance instance, VkPhysicalDevice handle);

  VkPhysicalDevice handle() const { return m_handle; }
  const DeviceInfo& info() const { return m_info; }
  const DeviceLimits& limits() const { return m_limits; }
  DeviceLimits& limits() { return m_limits; }  ///< for tests that lower them
  const VkPhysicalDeviceProperties& properties() const { return m_properties; }

  /// Bits of the compute queue's times; 0: it takes none.
  std::uint32_t timestampBits() const { return m_timestampBits; }
  std::uint32_t computeQueueFamily() const { return m_queueFamily; }
  std::uint32_t memoryType(MemoryUse use) const { return m_memoryTypes[static_cast<std::size_t>(use)]; }
  /// Whether `device` memory can be written by the host as well, so that nothing needs to be staged.
  bool deviceMemoryIsMapped() const { return m_mapped; }
  bool hasMemoryBudget() const { return m_memoryBudget; }
  /// True where every subgroup has exactly 8 lanes and a work-group of 8 is one: the kernels whose lanes own
  /// rows.
  bool hasLanes8() const { return m_lanes8; }
  /// What kernels on cooperative matrices would be compiled for; nothing where there are none.
  const std::optional<MatrixVariant>& matrices() const { return m_matrices; }
  /// Bytes that may still be allocated, given those this program holds.
  std::uint64_t availableMemory(std::uint64_t held) const;

 private:
  PhysicalDevice() = default;
  void readProperties();
  void chooseMemoryTypes();
  bool chooseQueueFamily();

  VkPhysicalDevice m_handle = VK_NULL_HANDLE;
  VkPhysicalDeviceProperties m_properties{};
  VkPhysicalDeviceMemoryProperties m_memory{};
  DeviceInfo m_info;
  DeviceLimits m_limits;
  std::optional<MatrixVariant> m_matrices;
  std::array<std::uint32_t, 3> m_memoryTypes{};
  std::uint32_t m_queueFamily = 0, m_timestampBits = 0;
  bool m_mapped = false, m_memoryBudget = false, m_lanes8 = false;
};

}  // namespace cutaway::gpu
