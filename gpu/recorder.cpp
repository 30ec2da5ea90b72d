#include "gpu/recorder.h"

#include <algorithm>

namespace cutaway::gpu {
namespace {

void recordLaunch(CommandBuffer& commands, const Launch& launch, const Recording& recording) {
  PushData push = launch.push;
  push.words[0] = recording.rowBase;
  commands.bind(*launch.pipeline, launch.set, std::as_bytes(std::span(push.words)).first(push.bytes));
  if (!launch.indirect) {
    commands.dispatch(launch.fixedGrid[0], launch.fixedGrid[1], launch.fixedGrid[2]);
  } else if (recording.sizes) {
    const auto extent = [&](std::size_t d) { return evaluate(launch.grid[d], *recording.sizes); };
    commands.dispatch(extent(0), extent(1), extent(2));
  } else {
    commands.dispatchIndirect(launch.indirect);
  }
}

}  // namespace

Result<void> record(CommandBuffer& commands, const Program& program, const Recording& recording) {
  TRY(commands.begin(recording.sizes == nullptr));
  commands.barrierBetweenKernels();
  const std::size_t end = std::min(recording.end, program.launches.size());
  for (std::size_t i = recording.begin; i < end; ++i) {
    const Launch& launch = program.launches[i];
    if (launch.afterBarrier && i != recording.begin) commands.barrierBetweenKernels();
    recordLaunch(commands, launch, recording);
    if (recording.after) TRY(recording.after(i, commands));
  }
  return commands.end();
}

}  // namespace cutaway::gpu
