// The key-value cache on the device: per layer one slice of keys and one of values (see shaders/cells.glsl).
#pragma once

#include <vector>

#include "core/run/backend.h"
#include "gpu/vulkan/timeline.h"

namespace cutaway::gpu {

class GpuCache final : public CacheStorage {
 public:
  static Result<std::shared_ptr<GpuCache>> create(const std::shared_ptr<const Device>& device,
                                                  std::shared_ptr<Ledger> ledger,
                                                  std::shared_ptr<Timeline> timeline,
                                                  const CacheShape& shape);
  /// Its shape without its memory, for who only wants to know which kernels would read it.
  static std::shared_ptr<GpuCache> outline(const CacheShape& shape);
  const CacheShape& shape() const override { return m_shape; }
  Result<void> copyPage(std::uint32_t from, std::uint32_t to) override;

  const Slice& keys(std::uint32_t layer) const { return m_layers[layer].keys; }
  const Slice& values(std::uint32_t layer) const { return m_layers[layer].values; }

 private:
  GpuCache() = default;
  struct Layer {
    Slice keys, values;
  };
  CacheShape m_shape;
  std::uint64_t m_pageBytes = 0;  ///< of the keys, or the values, of one layer
  std::vector<Layer> m_layers;
  std::shared_ptr<Timeline> m_timeline;
  std::shared_ptr<CommandPool> m_pool;
  std::shared_ptr<Ledger> m_ledger;
  Reservation m_reservation;
};

}  // namespace cutaway::gpu
