// The CPU's key-value cache: pages of 32 cells, F16 or F32.
#pragma once

#include <cstdlib>
#include <vector>

#include "core/run/backend.h"

namespace cutaway {

/// Bytes in the order (layer, page, keys or values, key-value head, cell, d), so that attention reads one
/// head's cells of a page in a row and a page is copied in one piece per layer.
class CpuCache final : public CacheStorage {
 public:
  static Result<std::shared_ptr<CpuCache>> create(const CacheShape& shape, Ledger& ledger);

  const CacheShape& shape() const override { return m_shape; }
  Result<void> copyPage(std::uint32_t from, std::uint32_t to) override;

  enum class Part : std::uint8_t { keys, values };
  /// Writes one head's vector of d floats to a cell.
  void store(std::uint32_t layer, Part part, std::uint32_t page, std::uint32_t head, std::uint32_t cell,
             const float* vector);
  /// The first `cells` vectors of one head in a page, (cells, d): in place, or decoded to `scratch` (32 * d).
  const float* load(std::uint32_t layer, Part part, std::uint32_t page, std::uint32_t head,
                    std::uint32_t cells, float* scratch) const;

 private:
  CpuCache(const CacheShape& shape, Reservation reservation, std::byte* bytes);
  std::size_t offset(std::uint32_t layer, Part part, std::uint32_t page, std::uint32_t head) const;

  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  CacheShape m_shape;
  Reservation m_reservation;
  std::unique_ptr<std::byte, Free> m_bytes;
  std::size_t m_headBytes;  ///< of 32 vectors of one head
};

}  // namespace cutaway
