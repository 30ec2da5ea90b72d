#include "gpu/vulkan/timestamps.h"

namespace cutaway::gpu {

Result<TimestampPool> TimestampPool::create(const std::shared_ptr<const Device>& device,
                                            std::uint32_t count) {
  if (device->physical().timestampBits() == 0)
    return fail(ErrorKind::device, device->name(), " does not tell how long its work takes");
  const VkQueryPoolCreateInfo info{.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                   .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                   .queryCount = count};
  VkQueryPool handle = VK_NULL_HANDLE;
  TRY(device->check(vkCreateQueryPool(device->handle(), &info, nullptr, &handle), "make a query pool"));
  TimestampPool pool;
  pool.m_handle = {device, handle};
  pool.m_count = count;
  return pool;
}

void TimestampPool::reset(CommandBuffer& commands) const {
  vkCmdResetQueryPool(commands.handle(), m_handle.get(), 0, m_count);
}

void TimestampPool::stamp(CommandBuffer& commands, std::uint32_t index) const {
  // Software Vulkan notes the time when a batch begins; the barrier ends the batch.
  vkCmdWriteTimestamp(commands.handle(), VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, m_handle.get(), index);
  commands.barrierBetweenKernels();
}

Result<std::vector<double>> TimestampPool::intervals() const {
  const Device& device = *m_handle.device();
  std::vector<std::uint64_t> times(m_count);
  TRY(device.check(vkGetQueryPoolResults(device.handle(), m_handle.get(), 0, m_count,
                                         times.size() * sizeof(times[0]), times.data(), sizeof(times[0]),
                                         VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
                   "read times"));
  const std::uint32_t bits = device.physical().timestampBits();
  const std::uint64_t mask = bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  const double period = static_cast<double>(device.physical().properties().limits.timestampPeriod) * 1e-9;
  std::vector<double> seconds;
  for (std::size_t i = 1; i < times.size(); ++i)
    seconds.push_back(static_cast<double>((times[i] - times[i - 1]) & mask) * period);
  return seconds;
}

}  // namespace cutaway::gpu
