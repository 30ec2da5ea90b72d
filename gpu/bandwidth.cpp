#include "gpu/bandwidth.h"

#include <algorithm>

#include "gpu/shaders/params.h"
#include "gpu/vulkan/descriptors.h"
#include "gpu/vulkan/timestamps.h"

namespace cutaway::gpu {
namespace {

constexpr std::uint32_t kRounds = 6;

/// Larger than any last-level cache where memory is plenty.
std::uint64_t bytesToRead(const Device& device) {
  const bool small = device.physical().info().kind == DeviceKind::software;
  return std::min<std::uint64_t>((small ? 64ull : 512ull) << 20, device.physical().limits().storageRange);
}

}  // namespace

Result<double> measureReadBandwidth(const std::shared_ptr<const Device>& device, KernelLibrary& kernels,
                                    Timeline& timeline) {
  const std::uint64_t groupBytes = std::uint64_t{kReadQuads} * kernels.laneCount() * 16;
  const std::uint32_t limit = device->physical().limits().workgroups;
  const auto groups =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(bytesToRead(*device) / groupBytes, limit));
  const std::uint64_t bytes = groups * groupBytes;
  const Slice source = TRY(allocateSlice(device, MemoryUse::device, bytes, "a measurement of bandwidth"));
  const Slice out = TRY(allocateSlice(device, MemoryUse::device, 256, "a measurement of bandwidth"));
  const auto pipeline = TRY(kernels.pipeline({Kernel::readAll, FormatId::f32, {}}));
  auto descriptors = TRY(DescriptorPool::create(device, 1, 2));
  const Slice slices[] = {source, out};
  const VkDescriptorSet set = TRY(descriptors.allocate(*pipeline, slices));
  const auto stamps = TRY(TimestampPool::create(device, kRounds + 1));

  auto commands = TRY(CommandBuffer::create(TRY(CommandPool::create(device))));
  TRY(commands.begin(false));
  stamps.reset(commands);
  commands.fill(source, 1);  // memory that was never written may not exist yet
  commands.barrierAll();
  const ReadParams params{.rowBase = ~0u};
  stamps.stamp(commands, 0);
  for (std::uint32_t round = 1; round <= kRounds; ++round) {
    commands.bind(*pipeline, set, std::as_bytes(std::span(&params, 1)));
    commands.dispatch(groups, 1, 1);
    commands.barrierBetweenKernels();
    stamps.stamp(commands, round);
  }
  TRY(commands.end());
  const VkCommandBuffer handle = commands.handle();
  TRY(timeline.wait(TRY(timeline.submit({&handle, 1}))));
  const auto seconds = TRY(stamps.intervals());
  const double best = *std::ranges::min_element(seconds);
  if (!(best > 0))
    return fail(ErrorKind::device, device->name(), ": its clock stood still while it was measured");
  return static_cast<double>(bytes) / best;
}

}  // namespace cutaway::gpu
