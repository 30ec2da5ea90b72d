// Repacks matrices on the device, from bytes as the file has them.
#pragma once

#include <map>

#include "gpu/kernels.h"
#include "gpu/repack_map.h"
#include "gpu/staging.h"
#include "gpu/tensors.h"

namespace cutaway::gpu {

class DeviceRepacker {
 public:
  DeviceRepacker(std::shared_ptr<const Device> device, std::shared_ptr<KernelLibrary> kernels)
      : m_device(std::move(device)), m_kernels(std::move(kernels)) {}

  /// Queues the repacking of some row blocks of a section. `fill` writes their rows as the file has them, so
  /// many bytes, to where it is told.
  Result<void> write(const MatrixView& matrix, const MatrixSection& section, std::uint64_t firstBlock,
                     std::uint64_t rows, Staging& staging, const std::function<void(std::byte* out)>& fill);

  /// The most row blocks that one write may bring.
  static constexpr std::uint64_t kMostBlocks = 32768;

 private:
  struct Map {
    RepackMap map;
    Slice words;
  };
  Result<const Map*> mapOf(FormatId format, Staging& staging);

  std::shared_ptr<const Device> m_device;
  std::shared_ptr<KernelLibrary> m_kernels;
  std::map<FormatId, Map> m_maps;
};

}  // namespace cutaway::gpu
