// Puts a program's launches into a command buffer.
#pragma once

#include <functional>

#include "gpu/program.h"
#include "gpu/vulkan/commands.h"

namespace cutaway::gpu {

struct Recording {
  std::size_t begin = 0, end = SIZE_MAX;  ///< launches
  std::uint32_t rowBase = 0;              ///< of a tail chunk
  /// When set, a one-time recording for a step of these sizes, which calls `after` behind each launch; when
  /// not, a recording for any step, whose changing launch sizes are read from the step's buffers.
  const StepSizes* sizes = nullptr;
  std::function<Result<void>(std::size_t launch, CommandBuffer&)> after;
};

Result<void> record(CommandBuffer& commands, const Program& program, const Recording& recording);

}  // namespace cutaway::gpu
