// The logit lens of the answer that is being written: a column per new token, as long as there is time for it.
#pragma once

#include <chrono>
#include <optional>

#include "core/inspect/lens.h"
#include "core/run/step_watcher.h"

namespace cutaway {

struct LiveLensColumn {
  std::uint32_t position = 0;   ///< of the token that was read; what is said is about the next one
  std::vector<LensCell> cells;  ///< as in a column of LogitLens
};

/// Taps the residual stream of every new token, and of the last one of each piece of a prompt. On the engine thread, like the session it watches. A token that comes before the
/// one before it was looked at takes its place, and the one before is counted as skipped.
class LiveLens final : public StepWatcher {
 public:
  /// `most`: of the time that passes, the share that looking may take; the rest is the answer's.
  explicit LiveLens(const Graph& graph, double most = 0.5);

  void setOn(bool on);
  std::uint64_t skipped() const { return m_skipped; }

  /// The newest token's column; nothing when there is none, or looking has taken its share already.
  Result<std::optional<LiveLensColumn>> look(Session& session);

  std::span<const Tap> taps(std::uint32_t first, std::uint32_t count, bool again) override;
  void captured(std::uint32_t first, std::uint32_t count, std::span<Capture> captures) override;
  void truncated(std::uint32_t length) override;

 private:
  using Clock = std::chrono::steady_clock;
  Result<LiveLensColumn> lookNow(Session& session);

  std::vector<Tap> m_taps;     ///< of the rows; none where the graph has no residual stream of this kind
  double m_most;
  bool m_on = false;
  std::vector<float> m_states;  ///< (rows, width) of the token at m_position; empty: none waits
  std::uint32_t m_position = 0;
  std::uint64_t m_skipped = 0;
  Clock::time_point m_since = Clock::now();
  Clock::duration m_spent{};    ///< since then, in looking
  std::unique_ptr<Probe> m_probe;
  const Session* m_session = nullptr;  ///< whose m_probe is
};

}  // namespace cutaway
