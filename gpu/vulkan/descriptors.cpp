#include "gpu/vulkan/descriptors.h"

namespace cutaway::gpu {
namespace {

constexpr std::uint64_t kTexelBytes = 16;

}  // namespace

Result<DescriptorPool> DescriptorPool::create(const std::shared_ptr<const Device>& device, std::uint32_t sets,
                                              std::uint32_t buffers) {
  const VkDescriptorPoolSize sizes[] = {{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, std::max(buffers, 1u)},
                                        {VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER, std::max(buffers, 1u)}};
  const VkDescriptorPoolCreateInfo info{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                        .maxSets = std::max(sets, 1u),
                                        .poolSizeCount = 2,
                                        .pPoolSizes = sizes};
  VkDescriptorPool handle = VK_NULL_HANDLE;
  TRY(device->check(vkCreateDescriptorPool(device->handle(), &info, nullptr, &handle),
                    "make a descriptor pool"));
  DescriptorPool pool;
  pool.m_handle = {device, handle};
  return pool;
}

Result<VkDescriptorSet> DescriptorPool::allocate(const Pipeline& pipeline, std::span<const Slice> slices) {
  const Device& device = *m_handle.device();
  const auto& kinds = pipeline.facts().bindings;
  if (slices.size() != kinds.size())
    return fail(ErrorKind::device, "kernel ", pipeline.name(), " binds ", kinds.size(), " buffers, not ",
                slices.size());
  const VkDescriptorSetLayout layout = pipeline.setLayout();
  const VkDescriptorSetAllocateInfo info{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                         .descriptorPool = m_handle.get(),
                                         .descriptorSetCount = 1,
                                         .pSetLayouts = &layout};
  VkDescriptorSet set = VK_NULL_HANDLE;
  TRY(device.check(vkAllocateDescriptorSets(device.handle(), &info, &set), "allocate a descriptor set"));

  std::vector<VkDescriptorBufferInfo> buffers(slices.size());
  std::vector<VkBufferView> views(slices.size());
  std::vector<VkWriteDescriptorSet> writes(slices.size());
  for (std::uint32_t i = 0; i < slices.size(); ++i) {
    const DeviceLimits& limits = device.physical().limits();
    if (slices[i].size > limits.storageRange || slices[i].offset % limits.bufferAlignment != 0)
      return fail(ErrorKind::device, device.name(), ": kernel ", pipeline.name(), " would bind ",
                  slices[i].size, " bytes at offset ", slices[i].offset, "; the device binds at most ",
                  limits.storageRange);
    if (kinds[i] != BindingKind::storage) views[i] = TRY(view(pipeline, slices[i], kinds[i]));
    buffers[i] = {slices[i].buffer(), slices[i].offset, slices[i].size};
    writes[i] = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                 .dstSet = set,
                 .dstBinding = i,
                 .descriptorCount = 1,
                 .descriptorType = descriptorType(kinds[i]),
                 .pBufferInfo = &buffers[i],
                 .pTexelBufferView = &views[i]};
  }
  vkUpdateDescriptorSets(device.handle(), static_cast<std::uint32_t>(writes.size()), writes.data(), 0,
                         nullptr);
  return set;
}

/// Slices lie in blocks that go on to whole texels.
Result<VkBufferView> DescriptorPool::view(const Pipeline& pipeline, const Slice& slice, BindingKind kind) {
  const Device& device = *m_handle.device();
  const std::uint64_t texels = (slice.size + kTexelBytes - 1) / kTexelBytes;
  if (texels > device.physical().limits().texels || slice.offset + texels * kTexelBytes > slice.block->size())
    return fail(ErrorKind::device, device.name(), ": kernel ", pipeline.name(), " would bind ", texels,
                " texels; the device binds at most ", device.physical().limits().texels);
  const VkBufferViewCreateInfo info{
      .sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
      .buffer = slice.buffer(),
      .format = kind == BindingKind::uintTexels ? VK_FORMAT_R32G32B32A32_UINT : VK_FORMAT_R32G32B32A32_SFLOAT,
      .offset = slice.offset,
      .range = texels * kTexelBytes};
  VkBufferView handle = VK_NULL_HANDLE;
  TRY(device.check(vkCreateBufferView(device.handle(), &info, nullptr, &handle), "make a buffer view"));
  m_views.push_back({m_handle.device(), handle});
  return handle;
}

}  // namespace cutaway::gpu
