// Launches recorded for one step alone, outside any program.
#pragma once

#include "gpu/program_builder.h"

namespace cutaway::gpu {

/// Lives until the step is waited for: it owns what the launches bind.
class SingleLaunches {
 public:
  Result<void> record(PlanContext& context, KernelVariant variant, std::span<const Slice> slices,
                      std::span<const std::byte> push, const std::array<std::uint32_t, 3>& grid,
                      CommandBuffer& commands);

 private:
  std::vector<std::pair<DescriptorPool, std::shared_ptr<const Pipeline>>> m_owned;
};

}  // namespace cutaway::gpu
