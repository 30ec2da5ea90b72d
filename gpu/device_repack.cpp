#include "gpu/device_repack.h"

#include <cstring>

#include "gpu/shaders/params.h"
#include "gpu/vulkan/descriptors.h"

namespace cutaway::gpu {
namespace {

/// What a launch binds, alive until it is done.
struct Bound {
  DescriptorPool pool;
  std::shared_ptr<const Pipeline> pipeline;
};

}  // namespace

Result<const DeviceRepacker::Map*> DeviceRepacker::mapOf(FormatId format, Staging& staging) {
  const auto known = m_maps.find(format);
  if (known != m_maps.end()) return &known->second;
  Map made{repackMap(format), {}};
  const std::uint64_t bytes = made.map.words.size() * 4;
  made.words = TRY(allocateSlice(m_device, MemoryUse::device, bytes, "the layout of weights"));
  TRY(staging.write(made.words, [&](std::byte* out) { std::memcpy(out, made.map.words.data(), bytes); }));
  return &m_maps.emplace(format, std::move(made)).first->second;
}

Result<void> DeviceRepacker::write(const MatrixView& matrix, const MatrixSection& section,
                                   std::uint64_t firstBlock, std::uint64_t rows, Staging& staging,
                                   const std::function<void(std::byte* out)>& fill) {
  const Map& map = *TRY(mapOf(matrix.format, staging));
  auto bound = std::make_shared<Bound>();
  bound->pipeline = TRY(m_kernels->pipeline({Kernel::repack, FormatId::f32, {}}));
  bound->pool = TRY(DescriptorPool::create(m_device, 1, 3));
  const std::uint64_t rowBytes = numberFormat(matrix.format).bytesFor(matrix.columns);
  const RepackParams params{.rowBase = 0,
                            .firstBlock = static_cast<std::uint32_t>(firstBlock),
                            .rows = static_cast<std::uint32_t>(rows),
                            .rowBytes = static_cast<std::uint32_t>(rowBytes),
                            .rowPieces = matrix.rowPieces,
                            .runPieces = map.map.pieces,
                            .runBytes = map.map.sourceBytes,
                            .bits = map.map.bits};
  const std::uint32_t lanes = m_kernels->laneCount();
  const auto record = [&](const Slice& source, CommandBuffer& commands) -> Result<std::shared_ptr<void>> {
    const Slice slices[] = {source, map.words, section.slice};
    const VkDescriptorSet set = TRY(bound->pool.allocate(*bound->pipeline, slices));
    commands.bind(*bound->pipeline, set, std::as_bytes(std::span(&params, 1)));
    commands.dispatch((matrix.rowPieces * 32 + lanes - 1) / lanes,
                      static_cast<std::uint32_t>((rows + kBlockRows - 1) / kBlockRows), 1);
    return std::shared_ptr<void>(bound);
  };
  return staging.transform(rows * rowBytes, fill, record);
}

}  // namespace cutaway::gpu
