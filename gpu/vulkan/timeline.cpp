#include "gpu/vulkan/timeline.h"

namespace cutaway::gpu {

Result<std::shared_ptr<Timeline>> Timeline::create(const std::shared_ptr<const Device>& device) {
  const VkSemaphoreTypeCreateInfo type{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                       .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
  const VkSemaphoreCreateInfo info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
  VkSemaphore handle = VK_NULL_HANDLE;
  TRY(device->check(vkCreateSemaphore(device->handle(), &info, nullptr, &handle), "make a semaphore"));
  std::shared_ptr<Timeline> timeline(new Timeline);
  timeline->m_semaphore = {device, handle};
  return timeline;
}

Result<std::uint64_t> Timeline::submit(std::span<const VkCommandBuffer> commands) {
  const Device& device = *m_semaphore.device();
  TRY(device.alive());
  const std::scoped_lock lock(m_mutex);
  const std::uint64_t number = m_last + 1;
  const VkTimelineSemaphoreSubmitInfo values{.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                             .signalSemaphoreValueCount = 1,
                                             .pSignalSemaphoreValues = &number};
  const VkSemaphore semaphore = m_semaphore.get();
  const VkSubmitInfo info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                          .pNext = &values,
                          .commandBufferCount = static_cast<std::uint32_t>(commands.size()),
                          .pCommandBuffers = commands.data(),
                          .signalSemaphoreCount = 1,
                          .pSignalSemaphores = &semaphore};
  TRY(device.check(vkQueueSubmit(device.queue(), 1, &info, VK_NULL_HANDLE), "submit work"));
  m_last = number;
  return number;
}

Result<void> Timeline::wait(std::uint64_t number) {
  const Device& device = *m_semaphore.device();
  TRY(device.alive());
  const VkSemaphore semaphore = m_semaphore.get();
  const VkSemaphoreWaitInfo info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                 .semaphoreCount = 1,
                                 .pSemaphores = &semaphore,
                                 .pValues = &number};
  return device.check(vkWaitSemaphores(device.handle(), &info, UINT64_MAX), "wait for a step");
}

void Timeline::drain() {
  const std::scoped_lock lock(m_mutex);
  vkQueueWaitIdle(m_semaphore.device()->queue());
}

}  // namespace cutaway::gpu
