#include "gpu/vulkan_backend.h"

#include <cstdlib>
#include <string_view>

#include "gpu/backend_impl.h"
#include "gpu/bandwidth.h"
#include "gpu/device_list.h"
#include "gpu/matrix_check.h"
#include "gpu/plan.h"
#include "gpu/plan_sizes.h"

namespace cutaway {
namespace gpu {
namespace {

bool validationFromEnvironment() {
  const char* value = std::getenv("CUTAWAY_VALIDATION");
  return value && std::string_view(value) == "1";
}

Result<PhysicalDevice> chooseDevice(const Instance& instance, std::size_t index) {
  auto devices = TRY(usableDevices(instance));
  if (devices.empty())
    return fail(ErrorKind::device,
                "no Vulkan device was found; a driver may be missing (Debian and Ubuntu: package "
                "mesa-vulkan-drivers); the CPU backend still works");
  if (index >= devices.size())
    return fail(ErrorKind::device, "there is no Vulkan device ", index, "; the last one is ",
                devices.size() - 1);
  return std::move(devices[index]);
}

Result<void> checkWeights(const Graph& graph, const WeightTable& weights) {
  if (weights.size() != graph.weights.size())
    return fail(ErrorKind::usage, weights.size(), " weights for a graph of ", graph.weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto* tensor = dynamic_cast<const GpuTensor*>(weights[i].get());
    if (tensor == nullptr || tensor->info.shape != graph.weights[i].shape)
      return fail(ErrorKind::usage, "the weight ", graph.weights[i].name,
                  " is on another device or has another shape than the graph's");
  }
  return {};
}

Result<std::shared_ptr<GpuCache>> checkCache(const Graph& graph, std::shared_ptr<CacheStorage> cache) {
  auto own = std::dynamic_pointer_cast<GpuCache>(std::move(cache));
  if (own == nullptr) return fail(ErrorKind::usage, "the key-value cache belongs to another device");
  const CacheShape& shape = own->shape();
  if (shape.layers < graph.layers || shape.keyValueHeads != graph.keyValueHeads ||
      shape.headWidth != graph.headWidth)
    return fail(ErrorKind::usage, "the key-value cache has ", shape.layers, " layers of ",
                shape.keyValueHeads, " heads of width ", shape.headWidth, ", expected ", graph.layers, ", ",
                graph.keyValueHeads, " and ", graph.headWidth);
  return own;
}

constexpr std::uint32_t kUsualPages = 4096 / kPageCells;  ///< for the estimate before there is a cache

}  // namespace

Result<std::shared_ptr<VulkanBackend>> VulkanBackend::create(std::size_t index,
                                                             const VulkanOptions& options) {
  auto instance = TRY(Instance::create(options.validation || validationFromEnvironment()));
  PhysicalDevice physical = TRY(chooseDevice(*instance, index));
  if (options.storageRangeLimit) physical.limits().storageRange = options.storageRangeLimit;
  const LaneClass lanes =
      physical.hasLanes8() && !options.portableKernels ? LaneClass::lanes8 : LaneClass::portable;

  std::shared_ptr<VulkanBackend> backend(new VulkanBackend);
  backend->m_device = TRY(Device::create(std::move(instance), std::move(physical)));
  const std::string folder = !options.useCacheFolder       ? ""
                             : options.cacheFolder.empty() ? userCacheFolder()
                                                           : options.cacheFolder;
  backend->m_kernels = TRY(KernelLibrary::create(backend->m_device, lanes, folder));
  backend->m_timeline = TRY(Timeline::create(backend->m_device));
  backend->m_ledger = std::make_shared<Ledger>(backend->m_device->name(), [device = backend->m_device] {
    return device->physical().availableMemory(device->allocatedBytes());
  });
  TRY(backend->chooseMatrices(folder, options.softwareMatrices));
  backend->m_stageWeights = options.stageWeights;
  backend->m_tapScoreLimit = options.tapScoreLimit;
  backend->m_loadAsDiscrete = options.loadAsDiscrete;
  backend->m_queueAhead = options.queueAhead;
  return backend;
}

/// A device that cannot run the check, or computes something else, has the other kernels.
Result<void> VulkanBackend::chooseMatrices(const std::string& folder, bool onSoftware) {
  const PhysicalDevice& physical = m_device->physical();
  if (!canUseMatrices(physical) || (physical.info().kind == DeviceKind::software && !onSoftware)) return {};
  const MatrixVerdictFile file(physical, folder);
  MatrixVerdict verdict = file.read();
  if (verdict == MatrixVerdict::unknown) {
    const auto found = checkMatrices(m_device, m_kernels, *m_timeline);
    TRY(m_device->alive());
    if (!found) return {};
    file.write(verdict = *found);
  }
  if (verdict == MatrixVerdict::right) m_kernels->useMatrices();
  return {};
}

std::uint64_t VulkanBackend::deviceBytes(const Weight& weight, const TensorInfo& tensor) const {
  if (!weight.isMatrix && !weight.isTable) return vectorBytes(tensor.elements());
  return matrixBytes(tensor.format, tensor.rows(), tensor.columns());
}

std::uint64_t VulkanBackend::scratchBytes(const Graph& graph, const PlanOptions& options) const {
  return planBytes(graph, options.maxTokens, kUsualPages);
}

Result<double> VulkanBackend::readBandwidth() {
  return measureReadBandwidth(m_device, *m_kernels, *m_timeline);
}

Result<std::shared_ptr<CacheStorage>> VulkanBackend::createCache(const CacheShape& shape) {
  return std::shared_ptr<CacheStorage>(TRY(GpuCache::create(m_device, m_ledger, m_timeline, shape)));
}

Result<std::unique_ptr<Plan>> VulkanBackend::compile(const Graph& graph, const WeightTable& weights,
                                                     std::shared_ptr<CacheStorage> cache,
                                                     const PlanOptions& options) {
  TRY(m_device->alive());
  TRY(validate(graph));
  if (options.maxTokens == 0) return fail(ErrorKind::usage, "a plan for steps of 0 tokens");
  TRY(checkWeights(graph, weights));
  auto own = TRY(checkCache(graph, std::move(cache)));
  const PlanResources resources{m_device, m_kernels, m_timeline, m_ledger, m_tapScoreLimit, m_queueAhead};
  return std::unique_ptr<Plan>(TRY(GpuPlan::create(resources, graph, weights, std::move(own), options)));
}

}  // namespace gpu

Result<std::vector<std::string>> describeVulkanMatrices() {
  const auto instance = TRY(gpu::Instance::create(false));
  std::vector<std::string> texts;
  for (const gpu::PhysicalDevice& device : TRY(gpu::usableDevices(*instance)))
    texts.push_back(describeMatrices(device, gpu::MatrixVerdictFile(device, gpu::userCacheFolder()).read()));
  return texts;
}

Result<std::shared_ptr<Backend>> createVulkanBackend(std::size_t index, const VulkanOptions& options) {
  return std::shared_ptr<Backend>(TRY(gpu::VulkanBackend::create(index, options)));
}

std::vector<std::string> takeValidationMessages(Backend& backend) {
  auto* vulkan = dynamic_cast<gpu::VulkanBackend*>(&backend);
  return vulkan ? vulkan->vulkanDevice().instance().validationLog().take() : std::vector<std::string>{};
}

}  // namespace cutaway
