// What lockstep costs: one model writes and a second reads along, beside each of them alone, in turns.
#pragma once

#include <array>

#include "core/eval/bench.h"

namespace cutaway {

struct LockstepBenchResult {
  /// Seconds per token, medians over the repeats: the first model writing alone, the second reading the same tokens one
  /// by one alone, and both together with every token compared.
  double first = 0, second = 0, lockstep = 0;
  double ratio = 0;  ///< lockstep by the sum of both alone, median of the repeats' own
};

/// A job of short steps. The first repeat warms up and is not counted.
class LockstepBench {
 public:
  LockstepBench(Session& first, Session& second, const BenchOptions& options);

  /// One of the three runs of a repeat; false when all repeats are done. Fails when a session is too small.
  Result<bool> step();
  LockstepBenchResult result() const;

 private:
  using Clock = std::chrono::steady_clock;
  Result<double> write();     ///< seconds per token, as all of them
  Result<double> read();
  Result<double> both();
  GenerationOptions generation() const;

  Session *m_first, *m_second;
  BenchOptions m_options;
  std::vector<TokenId> m_prompt, m_written;
  std::uint32_t m_runs = 0;           ///< the warm-up included
  std::vector<double> m_repeat;       ///< seconds per token of this one: first, second, lockstep
  std::array<std::vector<double>, 3> m_seconds;  ///< of the counted repeats
  std::vector<double> m_ratios;
};

}  // namespace cutaway
