#include "gpu/vulkan/memory.h"

#include <algorithm>

#include "core/run/ledger.h"

namespace cutaway::gpu {
namespace {

constexpr VkBufferUsageFlags kUsage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                      VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT;

std::uint64_t alignUp(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

}  // namespace

Result<std::shared_ptr<MemoryBlock>> MemoryBlock::create(const std::shared_ptr<const Device>& device,
                                                         MemoryUse use, std::uint64_t bytes) {
  TRY(device->alive());
  std::shared_ptr<MemoryBlock> block(new MemoryBlock);
  block->m_size = bytes;
  // Only the kernels for software devices read through texel buffers; elsewhere the flag might cost
  // something.
  const VkBufferUsageFlags texels =
      device->physical().hasLanes8() ? VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT : 0;
  const VkBufferCreateInfo bufferInfo{
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = bytes, .usage = kUsage | texels};
  VkBuffer buffer = VK_NULL_HANDLE;
  TRY(device->check(vkCreateBuffer(device->handle(), &bufferInfo, nullptr, &buffer), "make a buffer"));
  block->m_buffer = {device, buffer};

  VkMemoryRequirements needs{};
  vkGetBufferMemoryRequirements(device->handle(), buffer, &needs);
  const VkMemoryAllocateInfo memoryInfo{.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                        .allocationSize = needs.size,
                                        .memoryTypeIndex = device->physical().memoryType(use)};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  TRY(device->check(vkAllocateMemory(device->handle(), &memoryInfo, nullptr, &memory), "allocate memory"));
  block->m_memory = {device, memory};
  block->m_counted = static_cast<std::int64_t>(needs.size);
  device->countAllocation(block->m_counted);
  TRY(device->check(vkBindBufferMemory(device->handle(), buffer, memory, 0), "bind memory"));

  if (use != MemoryUse::device || device->physical().deviceMemoryIsMapped()) {
    void* mapped = nullptr;
    TRY(device->check(vkMapMemory(device->handle(), memory, 0, VK_WHOLE_SIZE, 0, &mapped), "map memory"));
    block->m_mapped = static_cast<std::byte*>(mapped);
  }
  return block;
}

MemoryBlock::~MemoryBlock() {
  if (m_counted) m_memory.device()->countAllocation(-m_counted);
}

BlockAllocator::BlockAllocator(std::shared_ptr<const Device> device, MemoryUse use, std::uint64_t blockBytes)
    : m_device(std::move(device)),
      m_use(use),
      m_blockBytes(std::min(blockBytes, m_device->physical().limits().allocation)) {}

Result<Slice> BlockAllocator::allocate(std::uint64_t bytes, std::string_view what) {
  const std::uint64_t size =
      alignUp(std::max<std::uint64_t>(bytes, 16), m_device->physical().limits().bufferAlignment);
  if (!m_block || m_used + size > m_block->size()) {
    const std::uint64_t limit = m_device->physical().limits().allocation;
    if (size > limit)
      return fail(ErrorKind::outOfMemory, m_device->name(), ": ", what, " takes ", formatBytes(size),
                  " in one piece; the device allocates at most ", formatBytes(limit));
    const std::uint64_t wanted = m_expected ? std::min(m_expected, m_blockBytes) : m_blockBytes;
    auto block = MemoryBlock::create(m_device, m_use, std::max(size, wanted));
    if (!block && block.error().kind == ErrorKind::outOfMemory)
      return fail(ErrorKind::outOfMemory, block.error().message, " (", formatBytes(std::max(size, wanted)),
                  " for ", what, "; ",
                  formatBytes(m_device->physical().availableMemory(m_device->allocatedBytes())),
                  " should be free)");
    m_block = TRY(std::move(block));
    m_used = 0;
  }
  Slice slice{m_block, m_used, bytes};
  m_used += size;
  m_expected -= std::min(m_expected, size);
  return slice;
}

Result<Slice> allocateSlice(const std::shared_ptr<const Device>& device, MemoryUse use, std::uint64_t bytes,
                            std::string_view what) {
  return BlockAllocator(device, use, 0).allocate(bytes, what);
}

}  // namespace cutaway::gpu
