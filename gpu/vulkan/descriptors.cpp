#include "gpu/vulkan/descriptors.h"

namespace cutaway::gpu {

Result<DescriptorPool> DescriptorPool::create(const std::shared_ptr<const Device>& device, std::uint32_t sets,
                                              std::uint32_t buffers) {
  const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, std::max(buffers, 1u)};
  const VkDescriptorPoolCreateInfo info{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                        .maxSets = std::max(sets, 1u),
                                        .poolSizeCount = 1,
                                        .pPoolSizes = &size};
  VkDescriptorPool handle = VK_NULL_HANDLE;
  TRY(device->check(vkCreateDescriptorPool(device->handle(), &info, nullptr, &handle),
                    "make a descriptor pool"));
  DescriptorPool pool;
  pool.m_handle = {device, handle};
  return pool;
}

Result<VkDescriptorSet> DescriptorPool::allocate(const Pipeline& pipeline, std::span<const Slice> slices) {
  const Device& device = *m_handle.device();
  if (slices.size() != pipeline.facts().bindings)
    return fail(ErrorKind::device, "kernel ", pipeline.name(), " binds ", pipeline.facts().bindings,
                " buffers, not ", slices.size());
  const VkDescriptorSetLayout layout = pipeline.setLayout();
  const VkDescriptorSetAllocateInfo info{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                         .descriptorPool = m_handle.get(),
                                         .descriptorSetCount = 1,
                                         .pSetLayouts = &layout};
  VkDescriptorSet set = VK_NULL_HANDLE;
  TRY(device.check(vkAllocateDescriptorSets(device.handle(), &info, &set), "allocate a descriptor set"));

  std::vector<VkDescriptorBufferInfo> buffers(slices.size());
  std::vector<VkWriteDescriptorSet> writes(slices.size());
  for (std::uint32_t i = 0; i < slices.size(); ++i) {
    const DeviceLimits& limits = device.physical().limits();
    if (slices[i].size > limits.storageRange || slices[i].offset % limits.bufferAlignment != 0)
      return fail(ErrorKind::device, device.name(), ": kernel ", pipeline.name(), " would bind ",
                  slices[i].size, " bytes at offset ", slices[i].offset, "; the device binds at most ",
                  limits.storageRange);
    buffers[i] = {slices[i].buffer(), slices[i].offset, slices[i].size};
    writes[i] = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                 .dstSet = set,
                 .dstBinding = i,
                 .descriptorCount = 1,
                 .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                 .pBufferInfo = &buffers[i]};
  }
  vkUpdateDescriptorSets(device.handle(), static_cast<std::uint32_t>(writes.size()), writes.data(), 0,
                         nullptr);
  return set;
}

}  // namespace cutaway::gpu
