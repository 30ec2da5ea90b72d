// What a SPIR-V module says of itself: bindings, push constants, work-group size. Source: SPIR-V 1.6
// specification.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/base/result.h"

namespace cutaway::gpu {

struct ModuleFacts {
  std::uint32_t bindings = 0;       ///< storage buffers at bindings 0 to this minus one, all of set 0
  std::uint32_t pushConstants = 0;  ///< bytes
  std::array<std::uint32_t, 3> workgroup{1, 1, 1};
};

/// Fails on a module that is broken, or that uses anything but storage buffers of set 0 without gaps.
Result<ModuleFacts> reflect(std::span<const std::uint32_t> words);

}  // namespace cutaway::gpu
