// Ctrl+C while the program writes: the first one stops the answer, a second one the program.
#pragma once

namespace cutaway::cli {

/// Catches SIGINT while it lives.
class InterruptGuard {
 public:
  InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard();
  bool interrupted() const;
};

}  // namespace cutaway::cli
