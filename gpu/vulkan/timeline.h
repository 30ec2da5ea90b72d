// Submissions in order on the device's queue, numbered by a timeline semaphore. Thread-safe.
#pragma once

#include <mutex>

#include "gpu/vulkan/commands.h"

namespace cutaway::gpu {

class Timeline {
 public:
  static Result<std::shared_ptr<Timeline>> create(const std::shared_ptr<const Device>& device);

  /// Queues the command buffers as one submission; returns its number.
  Result<std::uint64_t> submit(std::span<const VkCommandBuffer> commands);
  /// Waits until the submission of that number, and all before it, are done.
  Result<void> wait(std::uint64_t number);
  /// Waits for everything, without a word when the device is lost: for destructors.
  void drain();
  const std::shared_ptr<const Device>& device() const { return m_semaphore.device(); }

 private:
  Timeline() = default;
  DeviceHandle<VkSemaphore, &vkDestroySemaphore> m_semaphore;
  std::mutex m_mutex;
  std::uint64_t m_last = 0;
};

}  // namespace cutaway::gpu
