// Looks on while a session steps: more taps on every step, told what they brought.
#pragma once

#include "core/run/backend.h"

namespace cutaway {

/// On the engine thread.
class StepWatcher {
 public:
  virtual ~StepWatcher() = default;

  /// Taps for a step over these positions; none: it is not told about the step. `again`: the positions are
  /// cached and run once more for somebody's question. Valid until the next call.
  virtual std::span<const Tap> taps(std::uint32_t first, std::uint32_t count, bool again) = 0;
  /// What they brought, in their order; may be moved from.
  virtual void captured(std::uint32_t first, std::uint32_t count, std::span<Capture> captures) = 0;
  /// The session keeps its first `length` tokens alone.
  virtual void truncated(std::uint32_t length) = 0;
};

}  // namespace cutaway
