// Device memory in big blocks, each under one buffer; slices of it are handed out from the front.
#pragma once

#include <cstddef>
#include <memory>

#include "gpu/vulkan/device.h"

namespace cutaway::gpu {

/// One allocation with one buffer over all of it; mapped where the host can see it.
class MemoryBlock {
 public:
  static Result<std::shared_ptr<MemoryBlock>> create(const std::shared_ptr<const Device>& device,
                                                     MemoryUse use, std::uint64_t bytes);
  ~MemoryBlock();
  VkBuffer buffer() const { return m_buffer.get(); }
  std::byte* mapped() const { return m_mapped; }
  std::uint64_t size() const { return m_size; }

 private:
  MemoryBlock() = default;
  DeviceHandle<VkDeviceMemory, &vkFreeMemory> m_memory;
  DeviceHandle<VkBuffer, &vkDestroyBuffer> m_buffer;
  std::byte* m_mapped = nullptr;
  std::uint64_t m_size = 0;
  std::int64_t m_counted = 0;
};

/// Part of a block; keeps the block alive. Memory is given back when the last slice of a block is gone.
struct Slice {
  std::shared_ptr<MemoryBlock> block;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  explicit operator bool() const { return block != nullptr; }
  VkBuffer buffer() const { return block->buffer(); }
  std::byte* mapped() const { return block->mapped() ? block->mapped() + offset : nullptr; }
  Slice part(std::uint64_t from, std::uint64_t bytes) const { return {block, offset + from, bytes}; }
};

/// Hands out slices of one use; starts a new block when the last one is full.
class BlockAllocator {
 public:
  /// Blocks take `blockBytes`, or what one slice needs when that is more.
  BlockAllocator(std::shared_ptr<const Device> device, MemoryUse use, std::uint64_t blockBytes);
  /// A slice aligned for any storage buffer. `what` names it in the error.
  Result<Slice> allocate(std::uint64_t bytes, std::string_view what);
  /// Told how much is still to come, so that the last block is not larger than needed.
  void expect(std::uint64_t bytes) { m_expected = bytes; }

 private:
  std::shared_ptr<const Device> m_device;
  MemoryUse m_use;
  std::uint64_t m_blockBytes;
  std::uint64_t m_expected = 0;
  std::shared_ptr<MemoryBlock> m_block;
  std::uint64_t m_used = 0;
};

/// A slice with a block of its own.
Result<Slice> allocateSlice(const std::shared_ptr<const Device>& device, MemoryUse use, std::uint64_t bytes,
                            std::string_view what);

}  // namespace cutaway::gpu
