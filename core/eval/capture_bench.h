// What captures cost: the same tokens are written with and without them, in turns.
#pragma once

#include "core/eval/bench.h"
#include "core/graph/selection.h"

namespace cutaway {

struct CaptureBenchResult {
  double plainRate = 0, capturedRate = 0;  ///< tokens/s, medians over the repeats
  double ratio = 0;                        ///< captured by plain, median of the repeats' own
  std::uint64_t bytesPerToken = 0;         ///< captured with the last token
};

/// A job of short steps. Of the selections the values and heads count: they are captured with every token.
/// Every repeat writes the same tokens after the benchmark's prompt twice, without and with the captures, and
/// the next repeat the other way round. The first repeat warms up and is not counted.
class CaptureBench {
 public:
  CaptureBench(Session& session, const BenchOptions& options, std::span<const ValueSelection> selections);

  /// Reads the prompt or writes one token; false when all repeats are done. Fails when the session is too
  /// small.
  Result<bool> step();
  std::uint32_t finished() const { return m_runs > 0 ? m_runs - 1 : 0; }  ///< repeats
  CaptureBenchResult result() const;                                      ///< of the finished repeats

 private:
  struct Turn {
    bool captured = false;
    std::uint32_t written = 0;
    double seconds = 0;
  };
  Result<void> readPrompt();
  Result<void> writeToken(Turn& turn);
  void finish();

  Session* m_session;
  BenchOptions m_options;
  std::vector<Tap> m_taps;  ///< of a step of one token
  std::vector<TokenId> m_prompt;
  std::vector<Turn> m_turns;  ///< of this repeat, the last one at work
  TokenId m_next = 0;
  std::uint32_t m_runs = 0;  ///< the warm-up included
  bool m_read = false;       ///< the prompt
  std::uint64_t m_bytes = 0;
  std::vector<double> m_plainRates, m_capturedRates, m_ratios;
};

}  // namespace cutaway
