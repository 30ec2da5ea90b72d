// Speed and memory of a model on a device: a prompt is read and an answer written, some times over.
#pragma once

#include <optional>

#include "core/run/generation.h"

namespace cutaway {

struct BenchOptions {
  std::uint32_t prompt = 512;   ///< tokens read, at least 1
  std::uint32_t generate = 64;  ///< tokens written after the first one, which comes with the prompt
  std::uint32_t repeats = 3;    ///< at least 1, after a warm-up that is not counted
};

struct BenchResult {
  double promptRate = 0, generateRate = 0;  ///< tokens/s, medians over the repeats
  /// Resident memory of this process while it generates (the largest of the repeats' VmRSS): pages of the
  /// mapped file that are in memory count, what loading took and gave back does not.
  double hostMib = 0;
  double deviceMib = 0;  ///< that the device's ledger has given out
};

/// Where the time of a step goes, by what it computes.
struct BenchOps {
  std::uint32_t promptTokens = 0;  ///< of the prompt's last step
  StepTiming prompt, generate;     ///< `generate`: of one token after the prompt, the mean of a few
  double readBandwidth = 0;        ///< bytes per second; 0 where the device does not measure it
};

/// Reads the benchmark's prompt, timing its last step, and then some tokens. What the session held is
/// dropped. Fails where the device cannot tell.
Result<BenchOps> benchOps(Session& session, const BenchOptions& options);

/// Makes `mean`, of `steps` steps, the mean that counts one more.
void addTiming(StepTiming& mean, const StepTiming& step, std::uint32_t steps);

/// The prompt of all benchmarks. Ordinary text costs the same as any other; tokens are spread so that embedding
/// rows are not all cached.
std::vector<TokenId> benchPrompt(std::uint32_t count, std::uint32_t vocabulary);

/// Tokens that the session must be able to hold.
std::uint32_t benchContext(const BenchOptions& options);

/// A job of short steps. The end token is ignored, so that every run is equally long.
class Bench {
 public:
  Bench(Session& session, const BenchOptions& options);

  /// Reads one chunk or writes one token; false when all repeats are done. Fails when the session is too
  /// small.
  Result<bool> step();
  std::uint32_t finished() const { return m_runs > 0 ? m_runs - 1 : 0; }  ///< repeats
  BenchResult result() const;                                             ///< of the finished repeats

 private:
  Result<void> begin();
  void finish();

  Session* m_session;
  BenchOptions m_options;
  std::optional<Generation> m_generation;
  std::uint32_t m_runs = 0;  ///< the warm-up included
  std::vector<double> m_promptRates, m_generateRates;
  std::uint64_t m_hostBytes = 0;
};

/// The middle one, or the mean of the middle two; 0 of none.
double median(std::vector<double> values);

/// VmRSS of /proc/self/status, in bytes; 0 where there is none.
std::uint64_t residentMemory();

}  // namespace cutaway
