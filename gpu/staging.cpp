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
  Buffer& buffer = m_buffers[m_next];
  m_next = 1 - m_next;
  if (buffer.number) TRY(m_timeline->wait(buffer.number));
  if (!buffer.commands) buffer.commands = TRY(CommandBuffer::create(m_pool));
  if (!buffer.slice || buffer.slice.size < slice.size)
    buffer.slice = TRY(allocateSlice(m_device, MemoryUse::upload, slice.size, "staging weights"));
  fill(buffer.slice.mapped());
  TRY(buffer.commands->begin(false));
  buffer.commands->copy(buffer.slice, slice, slice.size);
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
  }
  return {};
}

}  // namespace cutaway::gpu
