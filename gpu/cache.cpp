#include "gpu/cache.h"

namespace cutaway::gpu {
namespace {

/// Heads are padded to whole pieces of 16 bytes.
std::uint64_t headPieces(const CacheShape& shape) {
  const std::uint64_t perPiece = shape.format == FormatId::f16 ? 8 : 4;
  return (shape.headWidth + perPiece - 1) / perPiece;
}

constexpr std::uint64_t kCacheBlock = 256ull << 20;

}  // namespace

Result<std::shared_ptr<GpuCache>> GpuCache::create(const std::shared_ptr<const Device>& device,
                                                   std::shared_ptr<Ledger> ledger,
                                                   std::shared_ptr<Timeline> timeline,
                                                   const CacheShape& shape) {
  if (shape.format != FormatId::f16 && shape.format != FormatId::f32)
    return fail(ErrorKind::usage, "a key-value cache holds F16 or F32, not ",
                numberFormat(shape.format).name);
  if (shape.pages == 0 || shape.layers == 0) return fail(ErrorKind::usage, "a key-value cache of no cells");
  std::shared_ptr<GpuCache> cache(new GpuCache);
  cache->m_shape = shape;
  cache->m_ledger = ledger;
  cache->m_timeline = std::move(timeline);
  cache->m_pageBytes = std::uint64_t{shape.keyValueHeads} * kPageCells * headPieces(shape) * 16;
  const std::uint64_t part = cache->m_pageBytes * shape.pages;
  const std::uint64_t limit = device->physical().limits().storageRange;
  if (part > limit)
    return fail(ErrorKind::outOfMemory, "a context of ", std::uint64_t{shape.pages} * kPageCells,
                " tokens takes ", formatBytes(part), " for the keys of one layer; ", device->name(),
                " reads at most ", formatBytes(limit), " at once, enough for ",
                limit / cache->m_pageBytes * kPageCells, " tokens");
  cache->m_reservation =
      TRY(ledger->reserve(MemoryClass::cache, part * 2 * shape.layers, "keys and values of the context"));
  BlockAllocator allocator(device, MemoryUse::device, kCacheBlock);
  allocator.expect(part * 2 * shape.layers);
  for (std::uint32_t i = 0; i < shape.layers; ++i) {
    auto keys = TRY(allocator.allocate(part, "the key-value cache"));
    auto values = TRY(allocator.allocate(part, "the key-value cache"));
    cache->m_layers.push_back({std::move(keys), std::move(values)});
  }
  cache->m_pool = TRY(CommandPool::create(device));
  return cache;
}

std::shared_ptr<GpuCache> GpuCache::outline(const CacheShape& shape) {
  std::shared_ptr<GpuCache> cache(new GpuCache);
  cache->m_shape = shape;
  cache->m_layers.resize(shape.layers);
  return cache;
}

Result<void> GpuCache::copyPage(std::uint32_t from, std::uint32_t to) {
  if (from >= m_shape.pages || to >= m_shape.pages)
    return fail(ErrorKind::usage, "page ", std::max(from, to), " of a key-value cache of ", m_shape.pages);
  auto commands = TRY(CommandBuffer::create(m_pool));
  TRY(commands.begin(false));
  commands.barrierAll();
  for (const Layer& layer : m_layers)
    for (const Slice& part : {layer.keys, layer.values})
      commands.copy(part.part(from * m_pageBytes, m_pageBytes), part.part(to * m_pageBytes, m_pageBytes),
                    m_pageBytes);
  commands.barrierAll();
  TRY(commands.end());
  const VkCommandBuffer handle = commands.handle();
  return m_timeline->wait(TRY(m_timeline->submit({&handle, 1})));
}

}  // namespace cutaway::gpu
