// A weight as the CPU backend holds it: bytes of the mapped file where it has them, in the file's format.
#pragma once

#include "core/run/backend.h"

namespace cutaway {

struct CpuTensor final : DeviceTensor {
  SharedBytes source;  ///< the tensor's bytes; keeps the mapping alive

  const NumberFormat& format() const { return numberFormat(info.format); }
  /// The bytes of `count` weights of a row from `column` on, both multiples of the format's block.
  std::span<const std::byte> weights(std::uint64_t row, std::uint64_t column, std::uint64_t count) const {
    const std::uint64_t start = format().bytesFor(row * info.columns() + column);
    return source.bytes.subspan(start, format().bytesFor(count));
  }
  /// Where F32 weights lie when they can be read in place; null otherwise.
  const float* floats() const {
    const std::byte* first = source.bytes.data();
    const bool aligned = reinterpret_cast<std::uintptr_t>(first) % alignof(float) == 0;
    return info.format == FormatId::f32 && aligned ? reinterpret_cast<const float*>(first) : nullptr;
  }
};

}  // namespace cutaway
