// The kernels and their compiled variants, and the pipelines made of them.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "core/quant/number_format.h"
#include "gpu/vulkan/pipeline.h"

namespace cutaway::gpu {

enum class Kernel : std::uint8_t {
  embed,
  linearOne,
  linearMany,
  linearMatrix,  // one variant per number format
  storeKv,
  ropeStore,
  attention,
  attentionRows,
  scores,  // one per cache format
  rmsNorm,
  rope,
  add,
  swiglu,
  pickRows,
  roundInt8,
  logitBlocks,
  logitTop,
  softmaxRows,
  readAll,
  editRows,
  copyRows,
  repack
};
inline constexpr std::size_t kKernelCount = 22;

/// How lanes of a work-group pass values on (see shaders/lanes.glsl).
enum class LaneClass : std::uint8_t { lanes8, portable };

/// The SPIR-V of a kernel; `format` is that of weights or cache, and is ignored by kernels that touch
/// neither. Empty when there is no such variant.
std::span<const std::uint32_t> kernelCode(Kernel kernel, FormatId format, LaneClass lanes);
const char* kernelName(Kernel kernel);

struct KernelVariant {
  Kernel kernel;
  FormatId format;
  std::vector<std::uint32_t> constants;  ///< specialization constants 0, 1, 2, ..
  auto operator<=>(const KernelVariant&) const = default;
};

/// Pipelines by kernel, format and specialization constants, compiled when first asked for. Thread-safe.
class KernelLibrary {
 public:
  static Result<std::shared_ptr<KernelLibrary>> create(const std::shared_ptr<const Device>& device,
                                                       LaneClass lanes, const std::string& cacheFolder);
  ~KernelLibrary() { m_cache.save(); }

  LaneClass lanes() const { return m_lanes; }
  /// Lanes of a work-group of every kernel but the linear ones.
  std::uint32_t laneCount() const { return m_lanes == LaneClass::lanes8 ? 8 : 32; }
  Result<std::shared_ptr<const Pipeline>> pipeline(KernelVariant variant);
  /// Whether many rows are multiplied on cooperative matrices.
  bool usesMatrices() const { return m_usesMatrices; }
  void useMatrices() { m_usesMatrices = true; }
  std::size_t compiled() const;  ///< pipelines so far
  /// Keeps what the driver has compiled for the next run.
  void save() { m_cache.save(); }

 private:
  KernelLibrary(std::shared_ptr<const Device> device, LaneClass lanes, PipelineCache cache)
      : m_device(std::move(device)), m_lanes(lanes), m_cache(std::move(cache)) {}

  std::shared_ptr<const Device> m_device;
  LaneClass m_lanes;
  bool m_usesMatrices = false;
  PipelineCache m_cache;
  mutable std::mutex m_mutex;
  std::map<KernelVariant, std::shared_ptr<const Pipeline>> m_pipelines;
};

}  // namespace cutaway::gpu
