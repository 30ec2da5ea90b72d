#include "gpu/vulkan/timeline.h"

namespace cutaway::gpu {
namespace {

Result<DeviceHandle<VkSemaphore, &vkDestroySemaphore>> makeSemaphore(
    const std::shared_ptr<const Device>& device) {
  const VkSemaphoreTypeCreateInfo type{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                       .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
  const VkSemaphoreCreateInfo info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
  VkSemaphore handle = VK_NULL_HANDLE;
  TRY(device->check(vkCreateSemaphore(device->handle(), &info, nullptr, &handle), "make a semaphore"));
  return DeviceHandle<VkSemaphore, &vkDestroySemaphore>(device, handle);
}

}  // namespace

Result<std::shared_ptr<Timeline>> Timeline::create(const std::shared_ptr<const Device>& device) {
  std::shared_ptr<Timeline> timeline(new Timeline);
  timeline->m_semaphore = TRY(makeSemaphore(device));
  timeline->m_gates = TRY(makeSemaphore(device));
  return timeline;
}

Result<std::uint64_t> Timeline::submit(std::span<const VkCommandBuffer> commands, bool gated) {
  const Device& device = *m_semaphore.device();
  TRY(device.alive());
  const std::scoped_lock lock(m_mutex);
  if (gated && m_gated) TRY(openGate());
  const std::uint64_t number = m_last + 1, gate = m_gateCount + 1;
  const VkTimelineSemaphoreSubmitInfo values{.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                             .waitSemaphoreValueCount = gated ? 1u : 0u,
                                             .pWaitSemaphoreValues = &gate,
                                             .signalSemaphoreValueCount = 1,
                                             .pSignalSemaphoreValues = &number};
  const VkSemaphore semaphore = m_semaphore.get(), gates = m_gates.get();
  const VkPipelineStageFlags everything = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
  const VkSubmitInfo info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                          .pNext = &values,
                          .waitSemaphoreCount = gated ? 1u : 0u,
                          .pWaitSemaphores = &gates,
                          .pWaitDstStageMask = &everything,
                          .commandBufferCount = static_cast<std::uint32_t>(commands.size()),
                          .pCommandBuffers = commands.data(),
                          .signalSemaphoreCount = 1,
                          .pSignalSemaphores = &semaphore};
  TRY(device.check(vkQueueSubmit(device.queue(), 1, &info, VK_NULL_HANDLE), "submit work"));
  m_last = number;
  if (gated) {
    m_gated = number;
    m_gateCount = gate;
  }
  return number;
}

Result<void> Timeline::openGate() {
  m_gated = 0;
  const VkSemaphoreSignalInfo info{
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, .semaphore = m_gates.get(), .value = m_gateCount};
  const Device& device = *m_semaphore.device();
  return device.check(vkSignalSemaphore(device.handle(), &info), "let a step go on");
}

Result<bool> Timeline::open(std::uint64_t number, const std::function<void()>& prepare) {
  const std::scoped_lock lock(m_mutex);
  if (number == 0 || m_gated != number) return false;
  prepare();
  TRY(openGate());
  return true;
}

Result<void> Timeline::wait(std::uint64_t number) {
  const Device& device = *m_semaphore.device();
  TRY(device.alive());
  {
    const std::scoped_lock lock(m_mutex);
    if (m_gated && number >= m_gated) TRY(openGate());
  }
  const VkSemaphore semaphore = m_semaphore.get();
  const VkSemaphoreWaitInfo info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                 .semaphoreCount = 1,
                                 .pSemaphores = &semaphore,
                                 .pValues = &number};
  return device.check(vkWaitSemaphores(device.handle(), &info, UINT64_MAX), "wait for a step");
}

void Timeline::drain() {
  const std::scoped_lock lock(m_mutex);
  if (m_gated) static_cast<void>(openGate());
  vkQueueWaitIdle(m_semaphore.device()->queue());
}

}  // namespace cutaway::gpu
