#include "gpu/staging.h"

namespace cutaway::gpu {

Result<Staging> Staging::create(std::shared_ptr<const Device> device, std::shared_ptr<Timeline> timeline,
                                bool always) {
  Staging staging;
  staging.m_pool = TRY(CommandPool::create(device));
  staging.m_device = std::move(device);
  staging.m_timeline = std::move(timeline);
  staging.m_always = always;
  return staging;
}

Staging::~Staging() {
  if (m_timeline && (m_buffers[0].number || m_buffers[1].number)) m_timeline->drain();
}

Result<void> Staging::write(const Slice& slice, const std::function<void(std::byte*)>& fill) {
  if (slice.mapped() && !m_always) {
    fill(slice.mapped());
    return {};
  }
  return transform(slice.size, fill, [&](const Slice& source, CommandBuffer& commands) {
    commands.copy(source, slice, slice.size);
    return Result<std::shared_ptr<void>>(nullptr);
  });
}

Result<void> Staging::transform(
    std::uint64_t bytes, const std::function<void(std::byte*)>& fill,
    const std::function<Result<std::shared_ptr<void>>(const Slice& source, CommandBuffer&)>& record) {
  Buffer& buffer = m_buffers[m_next];
  m_next = 1 - m_next;
  if (buffer.number) TRY(m_timeline->wait(buffer.number));
  if (!buffer.commands) buffer.commands = TRY(CommandBuffer::create(m_pool));
  const std::uint64_t words = (bytes + 3) / 4 * 4;  // kernels read whole words
  if (!buffer.slice || buffer.slice.size < words)
    buffer.slice = TRY(allocateSlice(m_device, MemoryUse::upload, words, "staging weights"));
  fill(buffer.slice.mapped());
  TRY(buffer.commands->begin(false));
  buffer.kept = TRY(record(buffer.slice.part(0, words), *buffer.commands));
  buffer.commands->barrierAll();
  TRY(buffer.commands->end());
  const VkCommandBuffer handle = buffer.commands->handle();
  buffer.number = TRY(m_timeline->submit({&handle, 1}));
  return {};
}

Result<void> Staging::finish() {
  for (Buffer& buffer : m_buffers) {
    if (buffer.number) TRY(m_timeline->wait(buffer.number));
    buffer.number = 0;
    buffer.kept = nullptr;
  }
  return {};
}

}  // namespace cutaway::gpu
