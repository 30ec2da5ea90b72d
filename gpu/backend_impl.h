// The backend's class; only gpu/ and its tests see it.
#pragma once

#include "gpu/kernels.h"
#include "gpu/tensors.h"
#include "gpu/vulkan/timeline.h"
#include "gpu/vulkan_backend.h"

namespace cutaway::gpu {

class VulkanBackend final : public Backend {
 public:
  static Result<std::shared_ptr<VulkanBackend>> create(std::size_t index, const VulkanOptions& options);

  const DeviceInfo& device() const override { return m_device->physical().info(); }
  Ledger& ledger() override { return *m_ledger; }
  std::uint64_t deviceBytes(const Weight& weight, const TensorInfo& tensor) const override;
  std::uint64_t scratchBytes(const Graph& graph, const PlanOptions& options) const override;
  Result<double> readBandwidth() override;
  Result<WeightTable> upload(const ModelFile& file, const Graph& graph, const LoadProgress& progress,
                             std::stop_token stop) override;
  Result<std::shared_ptr<CacheStorage>> createCache(const CacheShape& shape) override;
  Result<std::unique_ptr<Plan>> compile(const Graph& graph, const WeightTable& weights,
                                        std::shared_ptr<CacheStorage> cache,
                                        const PlanOptions& options) override;

  const Device& vulkanDevice() const { return *m_device; }
  const std::shared_ptr<Device>& sharedDevice() const { return m_device; }
  KernelLibrary& kernels() { return *m_kernels; }
  const std::shared_ptr<KernelLibrary>& sharedKernels() const { return m_kernels; }

 private:
  VulkanBackend() = default;
  std::shared_ptr<Device> m_device;
  std::shared_ptr<KernelLibrary> m_kernels;
  std::shared_ptr<Timeline> m_timeline;
  std::shared_ptr<Ledger> m_ledger;
  /// Where weights travel through staging anyway. A software device repacks slower than the host's own code.
  bool repacksOnDevice() const { return m_loadAsDiscrete || device().kind == DeviceKind::discrete; }
  /// Software devices compile a kernel when it is first launched, and making the pipeline is nothing.
  bool compilesAhead() const { return m_loadAsDiscrete || device().kind != DeviceKind::software; }
  bool m_stageWeights = false, m_loadAsDiscrete = false;
  std::uint64_t m_tapScoreLimit = 0;
  bool m_queueAhead = false;
  Result<void> chooseMatrices(const std::string& folder, bool onSoftware);
};

}  // namespace cutaway::gpu
