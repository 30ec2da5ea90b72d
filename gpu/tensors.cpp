#include "gpu/tensors.h"

#include <algorithm>

namespace cutaway::gpu {

std::optional<MatrixView> joinRows(const std::vector<const MatrixView*>& parts, std::uint64_t bindLimit) {
  MatrixView joined = *parts.front();
  if (joined.sections.size() != 1) return {};
  MatrixSection& whole = joined.sections.front();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const MatrixView& part = *parts[i];
    if (part.sections.size() != 1 || part.format != joined.format || part.columns != joined.columns)
      return {};
    const Slice& next = part.sections.front().slice;
    if (joined.rows % kBlockRows != 0 || next.block != whole.slice.block ||
        next.offset != whole.slice.offset + whole.slice.size)
      return {};
    whole.slice.size += next.size;
    whole.rows += part.rows;
    joined.rows += part.rows;
  }
  if (whole.slice.size > bindLimit) return {};
  return joined;
}

std::optional<Slice> joinVectors(const std::vector<Slice>& parts) {
  Slice joined = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i].block != joined.block || parts[i].offset != joined.offset + joined.size) return {};
    joined.size += parts[i].size;
  }
  return joined;
}

std::uint64_t vectorBytes(std::uint64_t elements) {
  return (elements + kVectorPadding - 1) / kVectorPadding * kVectorPadding * sizeof(float);
}

std::uint32_t sectionRows(std::uint32_t rowPieces, std::uint64_t bindLimit) {
  const std::uint64_t blockBytes = std::uint64_t{kBlockRows} * rowPieces * kPieceBytes;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(std::max<std::uint64_t>(bindLimit / blockBytes, 1) * kBlockRows, 1u << 30));
}

}  // namespace cutaway::gpu
