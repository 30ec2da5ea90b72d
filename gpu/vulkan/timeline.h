// Submissions in order on the device's queue, numbered by a timeline semaphore. Thread-safe.
#pragma once

#include <functional>
#include <mutex>

#include "gpu/vulkan/commands.h"

namespace cutaway::gpu {

class Timeline {
 public:
  static Result<std::shared_ptr<Timeline>> create(const std::shared_ptr<const Device>& device);

  /// Queues the command buffers as one submission; returns its number. `gated`: it and what is queued behind
  /// it begin when its gate is opened, or as soon as somebody waits for any of that. One gate at a time.
  Result<std::uint64_t> submit(std::span<const VkCommandBuffer> commands, bool gated = false);
  /// Opens the gate of this submission, after `prepare` has written what it is to see; false, and nothing is
  /// written, when it is open already.
  Result<bool> open(std::uint64_t number, const std::function<void()>& prepare);
  /// Waits until the submission of that number, and all before it, are done.
  Result<void> wait(std::uint64_t number);
  /// Waits for everything, without a word when the device is lost: for destructors.
  void drain();
  const std::shared_ptr<const Device>& device() const { return m_semaphore.device(); }

 private:
  Timeline() = default;
  Result<void> openGate();
  DeviceHandle<VkSemaphore, &vkDestroySemaphore> m_semaphore, m_gates;
  std::mutex m_mutex;
  std::uint64_t m_last = 0;
  std::uint64_t m_gated = 0;      ///< number of the submission behind a closed gate; 0: there is none
  std::uint64_t m_gateCount = 0;  ///< the value its gate waits for
};

}  // namespace cutaway::gpu
