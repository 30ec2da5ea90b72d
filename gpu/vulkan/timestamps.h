// Times taken by the device itself, between commands of one recording.
#pragma once

#include <vector>

#include "gpu/vulkan/commands.h"

namespace cutaway::gpu {

class TimestampPool {
 public:
  /// Fails when the device's compute queue takes no times.
  static Result<TimestampPool> create(const std::shared_ptr<const Device>& device, std::uint32_t count);

  /// Forgets the last times; recorded before the first stamp().
  void reset(CommandBuffer& commands) const;
  /// Records that the device notes the time when all commands before are done.
  void stamp(CommandBuffer& commands, std::uint32_t index) const;
  /// Seconds from each time to the next, one fewer than there are times. The commands must have run.
  Result<std::vector<double>> intervals() const;

 private:
  TimestampPool() = default;
  DeviceHandle<VkQueryPool, &vkDestroyQueryPool> m_handle;
  std::uint32_t m_count = 0;
};

}  // namespace cutaway::gpu
