// Descriptor sets: which buffers a launch binds. Written once, when a program is made.
#pragma once

#include <vector>

#include "gpu/vulkan/memory.h"
#include "gpu/vulkan/pipeline.h"

namespace cutaway::gpu {

class DescriptorPool {
 public:
  static Result<DescriptorPool> create(const std::shared_ptr<const Device>& device, std::uint32_t sets,
                                       std::uint32_t buffers);
  DescriptorPool() = default;
  /// A set for this pipeline with its bindings; freed with the pool. Fails when the number of slices is not
  /// what the kernel declares or a slice breaks the device's limits.
  Result<VkDescriptorSet> allocate(const Pipeline& pipeline, std::span<const Slice> slices);

 private:
  Result<VkBufferView> view(const Pipeline& pipeline, const Slice& slice, BindingKind kind);

  DeviceHandle<VkDescriptorPool, &vkDestroyDescriptorPool> m_handle;
  std::vector<DeviceHandle<VkBufferView, &vkDestroyBufferView>> m_views;  ///< of texel buffers
};

}  // namespace cutaway::gpu
