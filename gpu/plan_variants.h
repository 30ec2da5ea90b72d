// Which kernels a plan will launch, known before there is a plan: they are compiled while weights are on
// their way.
#pragma once

#include <thread>

#include "gpu/kernels.h"
#include "gpu/tensors.h"

namespace cutaway::gpu {

/// Of a plan over a usual cache. The weights' formats and places must be known, not their contents.
Result<std::vector<KernelVariant>> planVariants(const std::shared_ptr<const Device>& device,
                                                const std::shared_ptr<KernelLibrary>& kernels,
                                                const Graph& graph, const WeightTable& weights);

/// Compiles kernels on threads of its own. What fails is told when somebody needs the kernel.
class PipelineWarmer {
 public:
  PipelineWarmer(std::shared_ptr<KernelLibrary> kernels, std::vector<KernelVariant> variants);
  /// Waits for kernels that are being compiled, and leaves the rest.
  ~PipelineWarmer() = default;
  /// Waits until all are compiled.
  void finish();

 private:
  std::vector<std::jthread> m_threads;
};

}  // namespace cutaway::gpu
