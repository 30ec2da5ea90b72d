// Weights on the device: repacked matrices in sections that can be bound, and plain F32 vectors.
#pragma once

#include <optional>
#include <vector>

#include "core/run/backend.h"
#include "gpu/repack.h"
#include "gpu/shaders/params.h"
#include "gpu/vulkan/memory.h"

namespace cutaway::gpu {

/// Rows of a matrix that lie in one bindable slice.
struct MatrixSection {
  Slice slice;
  std::uint32_t firstRow = 0;
  std::uint32_t rows = 0;
};

/// What a kernel needs to know of a repacked matrix.
struct MatrixView {
  FormatId format = FormatId::f32;
  std::uint32_t rows = 0, columns = 0, rowPieces = 0;
  std::vector<MatrixSection> sections;
};

/// Held by all tensors of one upload.
struct UploadAccount {
  std::shared_ptr<Ledger> ledger;  ///< outlives the reservation
  Reservation reservation;
};

struct GpuTensor final : DeviceTensor {
  MatrixView matrix;  ///< of a matrix or table
  Slice vector;       ///< of anything else: F32, padded with zeros to a multiple of 64
  std::shared_ptr<const UploadAccount> account;
};

/// One matrix whose rows are those of `parts` in order, when they lie one behind the other in memory, in the
/// same format and width, in whole row blocks, and can be bound at once.
std::optional<MatrixView> joinRows(const std::vector<const MatrixView*>& parts, std::uint64_t bindLimit);
/// The same for vectors.
std::optional<Slice> joinVectors(const std::vector<Slice>& parts);

inline constexpr std::uint64_t kVectorPadding = kVectorFloats;
std::uint64_t vectorBytes(std::uint64_t elements);

/// Rows that one section of a matrix may hold under a binding limit: whole blocks, at least one.
std::uint32_t sectionRows(std::uint32_t rowPieces, std::uint64_t bindLimit);

}  // namespace cutaway::gpu
