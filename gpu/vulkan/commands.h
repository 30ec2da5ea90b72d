// Command buffers: recorded once and replayed, or recorded for one submission.
#pragma once

#include "gpu/vulkan/memory.h"
#include "gpu/vulkan/pipeline.h"

namespace cutaway::gpu {

class CommandPool {
 public:
  static Result<std::shared_ptr<CommandPool>> create(const std::shared_ptr<const Device>& device);
  VkCommandPool handle() const { return m_handle.get(); }
  const Device& device() const { return *m_handle.device(); }

 private:
  CommandPool() = default;
  DeviceHandle<VkCommandPool, &vkDestroyCommandPool> m_handle;
};

/// One command buffer. Not thread-safe, as its pool is not.
class CommandBuffer {
 public:
  static Result<CommandBuffer> create(std::shared_ptr<CommandPool> pool);
  CommandBuffer(CommandBuffer&& other) noexcept
      : m_pool(std::move(other.m_pool)), m_handle(std::exchange(other.m_handle, VK_NULL_HANDLE)) {}
  CommandBuffer& operator=(CommandBuffer&& other) noexcept {
    std::swap(m_pool, other.m_pool);
    std::swap(m_handle, other.m_handle);
    return *this;
  }
  ~CommandBuffer();

  VkCommandBuffer handle() const { return m_handle; }
  /// `replayed`: may be submitted again while it is still running.
  Result<void> begin(bool replayed);
  Result<void> end();

  void bind(const Pipeline& pipeline, VkDescriptorSet set, std::span<const std::byte> pushConstants);
  void dispatch(std::uint32_t x, std::uint32_t y, std::uint32_t z) { vkCmdDispatch(m_handle, x, y, z); }
  void dispatchIndirect(const Slice& arguments) {
    vkCmdDispatchIndirect(m_handle, arguments.buffer(), arguments.offset);
  }
  void copy(const Slice& from, const Slice& to, std::uint64_t bytes);
  void fill(const Slice& slice, std::uint32_t word);

  void barrierBetweenKernels();  ///< what kernels wrote is seen by later kernels
  void barrierAll();             ///< kernels and copies before, kernels and copies after
  void barrierFromHost();        ///< what the host wrote is seen by copies
  void barrierToHost();          ///< what was copied is seen by the host after the wait

 private:
  CommandBuffer() = default;
  std::shared_ptr<CommandPool> m_pool;
  VkCommandBuffer m_handle = VK_NULL_HANDLE;
};

}  // namespace cutaway::gpu
