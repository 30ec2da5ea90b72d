#include "core/cpu/cpu_cache.h"

#include <cstring>
#include <utility>

namespace cutaway {

Result<std::shared_ptr<CpuCache>> CpuCache::create(const CacheShape& shape, Ledger& ledger) {
  if (shape.format != FormatId::f16 && shape.format != FormatId::f32)
    return fail(ErrorKind::usage, "a key-value cache in ", numberFormat(shape.format).name,
                " is not supported; choose f16 or f32");
  Reservation reservation = TRY(ledger.reserve(MemoryClass::cache, shape.bytes(), "keys and values"));
  // Cleared lazily by the system: a long context that is never used costs nothing.
  auto* bytes = static_cast<std::byte*>(std::calloc(std::max<std::uint64_t>(shape.bytes(), 1), 1));
  if (bytes == nullptr)
    return fail(ErrorKind::outOfMemory, "keys and values need ", formatBytes(shape.bytes()),
                ", which the system refused");
  return std::shared_ptr<CpuCache>(new CpuCache(shape, std::move(reservation), bytes));
}

CpuCache::CpuCache(const CacheShape& shape, Reservation reservation, std::byte* bytes)
    : m_shape(shape),
      m_reservation(std::move(reservation)),
      m_bytes(bytes),
      m_headBytes(numberFormat(shape.format).bytesFor(std::uint64_t{kPageCells} * shape.headWidth)) {}

std::size_t CpuCache::offset(std::uint32_t layer, Part part, std::uint32_t page, std::uint32_t head) const {
  const std::size_t pageIndex = std::size_t{layer} * m_shape.pages + page;
  return ((pageIndex * 2 + static_cast<std::size_t>(part)) * m_shape.keyValueHeads + head) * m_headBytes;
}

Result<void> CpuCache::copyPage(std::uint32_t from, std::uint32_t to) {
  if (from >= m_shape.pages || to >= m_shape.pages)
    return fail(ErrorKind::badInput, "cache page ", from, " cannot be copied to ", to, ": there are ",
                m_shape.pages);
  const std::size_t pageBytes = 2 * m_shape.keyValueHeads * m_headBytes;
  for (std::uint32_t layer = 0; layer < m_shape.layers && from != to; ++layer)
    std::memcpy(m_bytes.get() + offset(layer, Part::keys, to, 0),
                m_bytes.get() + offset(layer, Part::keys, from, 0), pageBytes);
  return {};
}

void CpuCache::store(std::uint32_t layer, Part part, std::uint32_t page, std::uint32_t head,
                     std::uint32_t cell, const float* vector) {
  const std::size_t width = m_shape.headWidth;
  std::byte* to = m_bytes.get() + offset(layer, part, page, head) + cell * (m_headBytes / kPageCells);
  if (m_shape.format == FormatId::f32) {
    std::memcpy(to, vector, width * sizeof(float));
    return;
  }
  auto* halves = reinterpret_cast<std::uint16_t*>(to);
  for (std::size_t i = 0; i < width; ++i) halves[i] = floatToHalf(vector[i]);
}

const float* CpuCache::load(std::uint32_t layer, Part part, std::uint32_t page, std::uint32_t head,
                            std::uint32_t cells, float* scratch) const {
  const std::byte* from = m_bytes.get() + offset(layer, part, page, head);
  if (m_shape.format == FormatId::f32) return reinterpret_cast<const float*>(from);
  const std::size_t count = std::size_t{cells} * m_shape.headWidth;
  numberFormat(FormatId::f16).decode({from, count * 2}, {scratch, count});
  return scratch;
}

}  // namespace cutaway
