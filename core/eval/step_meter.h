// Where the time of an answer's steps goes, measured now and then while the answer is written.
#pragma once

#include <chrono>

#include "core/eval/bench.h"

namespace cutaway {

/// Runs a step that has just run once more, and times it: afterwards the session holds the same tokens, cached by steps
/// of the same lengths. The steps of an answer are measured so seldom that it costs about a twentieth of the time.
class StepMeter {
 public:
  /// A new answer begins: `generate` starts anew. The prompt's times stay until a prompt is read again.
  void begin();

  /// Whether the step that has just run is one to measure. `tokens`: that it cached, of the prompt or one of the answer;
  /// `answering`: the prompt is read. Of a prompt, the last step is measured, when it took more than one token.
  bool wants(std::uint32_t tokens, bool answering) const;

  /// Measures the session's last `tokens` tokens. Where the device cannot tell, it asks no more. Fails only when the
  /// session could not be brought back to what it held.
  Result<void> measure(Session& session, std::uint32_t tokens);

  /// What is known so far; readBandwidth is not measured here.
  const BenchOps& times() const { return m_times; }
  std::uint32_t measured() const { return m_measured; }  ///< steps in the mean that is times().generate
  std::uint32_t length() const { return m_length; }      ///< tokens that the step measured last attended to
  const std::string& problem() const { return m_problem; }  ///< why the device cannot tell; or empty

 private:
  using Clock = std::chrono::steady_clock;

  BenchOps m_times;
  std::uint32_t m_measured = 0, m_length = 0;
  std::string m_problem;
  Clock::time_point m_next{};  ///< no step of one token is measured before
};

}  // namespace cutaway
