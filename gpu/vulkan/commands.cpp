#include "gpu/vulkan/commands.h"

namespace cutaway::gpu {
namespace {

constexpr VkPipelineStageFlags kKernels = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
constexpr VkAccessFlags kKernelAccess = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;

void barrier(VkCommandBuffer commands, VkPipelineStageFlags from, VkAccessFlags wrote,
             VkPipelineStageFlags to, VkAccessFlags reads) {
  const VkMemoryBarrier memory{
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER, .srcAccessMask = wrote, .dstAccessMask = reads};
  vkCmdPipelineBarrier(commands, from, to, 0, 1, &memory, 0, nullptr, 0, nullptr);
}

}  // namespace

Result<std::shared_ptr<CommandPool>> CommandPool::create(const std::shared_ptr<const Device>& device) {
  const VkCommandPoolCreateInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                     .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                     .queueFamilyIndex = device->physical().computeQueueFamily()};
  VkCommandPool handle = VK_NULL_HANDLE;
  TRY(device->check(vkCreateCommandPool(device->handle(), &info, nullptr, &handle), "make a command pool"));
  std::shared_ptr<CommandPool> pool(new CommandPool);
  pool->m_handle = {device, handle};
  return pool;
}

Result<CommandBuffer> CommandBuffer::create(std::shared_ptr<CommandPool> pool) {
  const VkCommandBufferAllocateInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                         .commandPool = pool->handle(),
                                         .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                         .commandBufferCount = 1};
  CommandBuffer commands;
  TRY(pool->device().check(vkAllocateCommandBuffers(pool->device().handle(), &info, &commands.m_handle),
                           "allocate a command buffer"));
  commands.m_pool = std::move(pool);
  return commands;
}

CommandBuffer::~CommandBuffer() {
  if (m_handle) vkFreeCommandBuffers(m_pool->device().handle(), m_pool->handle(), 1, &m_handle);
}

Result<void> CommandBuffer::begin(bool replayed) {
  const VkCommandBufferUsageFlags usage =
      replayed ? VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT : VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  const VkCommandBufferBeginInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, .flags = usage};
  return m_pool->device().check(vkBeginCommandBuffer(m_handle, &info), "record commands");
}

Result<void> CommandBuffer::end() {
  return m_pool->device().check(vkEndCommandBuffer(m_handle), "record commands");
}

void CommandBuffer::bind(const Pipeline& pipeline, VkDescriptorSet set,
                         std::span<const std::byte> pushConstants) {
  vkCmdBindPipeline(m_handle, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.handle());
  vkCmdBindDescriptorSets(m_handle, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.layout(), 0, 1, &set, 0,
                          nullptr);
  if (!pushConstants.empty())
    vkCmdPushConstants(m_handle, pipeline.layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0,
                       static_cast<std::uint32_t>(pushConstants.size()), pushConstants.data());
}

void CommandBuffer::copy(const Slice& from, const Slice& to, std::uint64_t bytes) {
  const VkBufferCopy region{from.offset, to.offset, bytes};
  if (bytes > 0) vkCmdCopyBuffer(m_handle, from.buffer(), to.buffer(), 1, &region);
}

void CommandBuffer::fill(const Slice& slice, std::uint32_t word) {
  vkCmdFillBuffer(m_handle, slice.buffer(), slice.offset, slice.size / 4 * 4, word);
}

void CommandBuffer::barrierBetweenKernels() {
  barrier(m_handle, kKernels, VK_ACCESS_SHADER_WRITE_BIT, kKernels, kKernelAccess);
}

void CommandBuffer::barrierAll() {
  constexpr VkPipelineStageFlags kFrom = kKernels | VK_PIPELINE_STAGE_TRANSFER_BIT;
  barrier(m_handle, kFrom, VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
          kFrom | VK_PIPELINE_STAGE_DRAW_INDIRECT_BIT,
          kKernelAccess | VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT |
              VK_ACCESS_INDIRECT_COMMAND_READ_BIT);
}

void CommandBuffer::barrierFromHost() {
  barrier(m_handle, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_WRITE_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT,
          VK_ACCESS_TRANSFER_READ_BIT);
}

void CommandBuffer::barrierToHost() {
  barrier(m_handle, kKernels | VK_PIPELINE_STAGE_TRANSFER_BIT,
          VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_HOST_BIT,
          VK_ACCESS_HOST_READ_BIT);
}

}  // namespace cutaway::gpu
