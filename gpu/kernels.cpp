#include "gpu/kernels.h"

#include <array>

#include "spirv_modules.h"

namespace cutaway::gpu {
namespace {

using Code = std::span<const std::uint32_t>;
struct Variant {
  Code lanes8, portable;
};
enum class PerFormat : std::uint8_t { none, weights, cache };
struct KernelEntry {
  Kernel kernel;
  const char* name;
  PerFormat perFormat;
  std::array<Variant, kFormatCount> variants;  ///< in the order of FormatId; only the first without formats
};

#define CUTAWAY_VARIANT(name) \
  Variant { spirv::name##_lanes8, spirv::name##_portable }
#define CUTAWAY_PLAIN(kernel, name)                                   \
  KernelEntry {                                                       \
    Kernel::kernel, #name, PerFormat::none, { CUTAWAY_VARIANT(name) } \
  }
#define CUTAWAY_PER_CACHE(kernel, name)                                                                   \
  KernelEntry {                                                                                           \
    Kernel::kernel, #name, PerFormat::cache, { CUTAWAY_VARIANT(name##_f32), CUTAWAY_VARIANT(name##_f16) } \
  }
#define CUTAWAY_PER_WEIGHTS(kernel, name)                                                           \
  KernelEntry {                                                                                     \
    Kernel::kernel, #name, PerFormat::weights, {                                                    \
      CUTAWAY_VARIANT(name##_f32), CUTAWAY_VARIANT(name##_f16), CUTAWAY_VARIANT(name##_bf16),       \
          CUTAWAY_VARIANT(name##_q8_0), CUTAWAY_VARIANT(name##_q4_0), CUTAWAY_VARIANT(name##_q4_1), \
          CUTAWAY_VARIANT(name##_q5_0), CUTAWAY_VARIANT(name##_q5_1), CUTAWAY_VARIANT(name##_q2_k), \
          CUTAWAY_VARIANT(name##_q3_k), CUTAWAY_VARIANT(name##_q4_k), CUTAWAY_VARIANT(name##_q5_k), \
          CUTAWAY_VARIANT(name##_q6_k), CUTAWAY_VARIANT(name##_q4_z)                                \
    }                                                                                               \
  }

// The same code for both classes, as what decides is what the device lists; none for F32, which halves would
// round.
#define CUTAWAY_MATRIX(format) \
  Variant { spirv::linear_matrix_##format, spirv::linear_matrix_##format }

constexpr std::array kKernels = {
    CUTAWAY_PER_WEIGHTS(embed, embed),
    CUTAWAY_PER_WEIGHTS(linearOne, linear_one),
    CUTAWAY_PER_WEIGHTS(linearMany, linear_many),
    KernelEntry{Kernel::linearMatrix,
                "linear_matrix",
                PerFormat::weights,
                {Variant{}, CUTAWAY_MATRIX(f16), CUTAWAY_MATRIX(bf16), CUTAWAY_MATRIX(q8_0),
                 CUTAWAY_MATRIX(q4_0), CUTAWAY_MATRIX(q4_1), CUTAWAY_MATRIX(q5_0), CUTAWAY_MATRIX(q5_1),
                 CUTAWAY_MATRIX(q2_k), CUTAWAY_MATRIX(q3_k), CUTAWAY_MATRIX(q4_k), CUTAWAY_MATRIX(q5_k),
                 CUTAWAY_MATRIX(q6_k), CUTAWAY_MATRIX(q4_z)}},
    CUTAWAY_PER_CACHE(storeKv, store_kv),
    CUTAWAY_PER_CACHE(ropeStore, rope_store),
    CUTAWAY_PER_CACHE(attention, attention),
    KernelEntry{
        Kernel::attentionRows,
        "attention_rows",
        PerFormat::cache,
        {Variant{spirv::attention_rows_f32_lanes8, {}}, Variant{spirv::attention_rows_f16_lanes8, {}}}},
    CUTAWAY_PER_CACHE(scores, scores),
    CUTAWAY_PLAIN(rmsNorm, rms_norm),
    CUTAWAY_PLAIN(rope, rope),
    CUTAWAY_PLAIN(add, add),
    CUTAWAY_PLAIN(swiglu, swiglu),
    CUTAWAY_PLAIN(pickRows, pick_rows),
    CUTAWAY_PLAIN(roundInt8, round_int8),
    CUTAWAY_PLAIN(logitBlocks, logit_blocks),
    CUTAWAY_PLAIN(logitTop, logit_top),
    CUTAWAY_PLAIN(softmaxRows, softmax_rows),
    CUTAWAY_PLAIN(readAll, read_all),
    CUTAWAY_PLAIN(editRows, edit_rows),
    CUTAWAY_PLAIN(copyRows, copy_rows),
    CUTAWAY_PLAIN(repack, repack),
};
constexpr bool inOrder() {
  for (std::size_t i = 0; i < kKernels.size(); ++i)
    if (static_cast<std::size_t>(kKernels[i].kernel) != i) return false;
  return kKernels.size() == kKernelCount;
}
static_assert(inOrder());
static_assert(static_cast<int>(FormatId::f32) == 0 && static_cast<int>(FormatId::f16) == 1 &&
              static_cast<int>(FormatId::q6_K) == 12);

const KernelEntry& entry(Kernel kernel) { return kKernels[static_cast<std::size_t>(kernel)]; }

}  // namespace

std::span<const std::uint32_t> kernelCode(Kernel kernel, FormatId format, LaneClass lanes) {
  const KernelEntry& found = entry(kernel);
  const Variant& variant =
      found.variants[found.perFormat == PerFormat::none ? 0 : static_cast<std::size_t>(format)];
  return lanes == LaneClass::lanes8 ? variant.lanes8 : variant.portable;
}

const char* kernelName(Kernel kernel) { return entry(kernel).name; }

Result<std::shared_ptr<KernelLibrary>> KernelLibrary::create(const std::shared_ptr<const Device>& device,
                                                             LaneClass lanes,
                                                             const std::string& cacheFolder) {
  auto cache = TRY(PipelineCache::create(device, cacheFolder));
  return std::shared_ptr<KernelLibrary>(new KernelLibrary(device, lanes, std::move(cache)));
}

std::size_t KernelLibrary::compiled() const {
  const std::scoped_lock lock(m_mutex);
  return m_pipelines.size();
}

Result<std::shared_ptr<const Pipeline>> KernelLibrary::pipeline(KernelVariant variant) {
  if (entry(variant.kernel).perFormat == PerFormat::none) variant.format = FormatId::f32;
  {
    const std::scoped_lock lock(m_mutex);
    if (const auto found = m_pipelines.find(variant); found != m_pipelines.end()) return found->second;
  }
  const auto code = kernelCode(variant.kernel, variant.format, m_lanes);
  if (code.empty())
    return fail(ErrorKind::device, "there is no kernel ", kernelName(variant.kernel), " for ",
                numberFormat(variant.format).name);
  const auto& matrices = m_device->physical().matrices();
  const std::uint32_t subgroup =
      variant.kernel == Kernel::linearMatrix && matrices ? matrices->subgroupSize : 0;
  auto made = TRY(Pipeline::create(m_device, m_cache.handle(), code, variant.constants,
                                   kernelName(variant.kernel), subgroup));
  const std::scoped_lock lock(m_mutex);
  return m_pipelines.try_emplace(std::move(variant), std::move(made)).first->second;
}

}  // namespace cutaway::gpu
