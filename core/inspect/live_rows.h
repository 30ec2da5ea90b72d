// Attention of the tokens that are being read and written, for views that look on: a bounded ring, which forgets what
// nobody has fetched in time and counts it.
#pragma once

#include <deque>
#include <optional>

#include "core/run/step_watcher.h"

namespace cutaway {

/// Where the heads of one layer looked when a token was read.
struct LiveRow {
  std::uint32_t position = 0, heads = 0;
  std::vector<float> weights;  ///< (heads, position + 1)
};

struct LiveBatch {
  std::uint32_t layer = 0;
  std::vector<LiveRow> rows;  ///< ascending
  std::uint64_t lost = 0;     ///< since the ring was last cleared: they came faster than they were fetched
};

/// Taps one layer's pattern on every new step: of its last token, where it reads a piece of a prompt. On the engine thread, like the session it
/// watches.
class LiveRows final : public StepWatcher {
 public:
  LiveRows(const Graph& graph, std::size_t capacity);

  /// What is tapped from now on; none: nothing, and no step costs more.
  void setLayer(std::optional<std::uint32_t> layer);
  void clear();
  bool isEmpty() const { return m_rows.empty(); }
  LiveBatch take();

  std::span<const Tap> taps(std::uint32_t first, std::uint32_t count, bool again) override;
  void captured(std::uint32_t first, std::uint32_t count, std::span<Capture> captures) override;
  void truncated(std::uint32_t length) override;

 private:
  std::vector<ValueId> m_patterns;  ///< by layer; kNone where there is none
  std::size_t m_capacity;
  std::optional<std::uint32_t> m_layer;
  Tap m_tap;
  std::deque<LiveRow> m_rows;
  std::uint64_t m_lost = 0;
};

}  // namespace cutaway
