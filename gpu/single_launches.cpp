#include "gpu/single_launches.h"

namespace cutaway::gpu {

Result<void> SingleLaunches::record(PlanContext& context, KernelVariant variant,
                                    std::span<const Slice> slices, std::span<const std::byte> push,
                                    const std::array<std::uint32_t, 3>& grid, CommandBuffer& commands) {
  auto pipeline = TRY(context.kernels->pipeline(std::move(variant)));
  auto pool = TRY(DescriptorPool::create(context.device, 1, static_cast<std::uint32_t>(slices.size())));
  const VkDescriptorSet set = TRY(pool.allocate(*pipeline, slices));
  commands.bind(*pipeline, set, push);
  commands.dispatch(grid[0], grid[1], grid[2]);
  m_owned.emplace_back(std::move(pool), std::move(pipeline));
  return {};
}

}  // namespace cutaway::gpu
