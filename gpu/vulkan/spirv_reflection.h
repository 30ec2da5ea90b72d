// What a SPIR-V module says of itself: bindings, push constants, work-group size. Source: SPIR-V 1.6
// specification.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.h"

namespace cutaway::gpu {

/// What a kernel binds: a storage buffer, or a texel buffer of 16-byte texels.
enum class BindingKind : std::uint8_t { storage, uintTexels, floatTexels };

struct ModuleFacts {
  std::vector<BindingKind> bindings;  ///< at 0, 1, 2, .. of set 0; one that is not used counts as storage
  std::uint32_t pushConstants = 0;    ///< bytes
  std::array<std::uint32_t, 3> workgroup{1, 1, 1};
};

/// Fails on a module that is broken, or that binds anything else.
Result<ModuleFacts> reflect(std::span<const std::uint32_t> words);

}  // namespace cutaway::gpu
