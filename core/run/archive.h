// The residual stream of what a session has read and written, kept while somebody looks inside: from it the
// pattern of any head follows by one projection (graph/slice.h), long after the answer.
#pragma once

#include <map>

#include "core/graph/indices.h"
#include "core/run/step_watcher.h"

namespace cutaway {

/// Holds `embed` and every layer's `resid_post` by position, in F16 with a scale per row: 11 bits of each
/// number are kept. Patterns computed from it agree with those of the run within about 1e-3; who needs the
/// run's own numbers replays it. Within a budget, reserved on the ledger block by block as class archive;
/// where it ends, the first positions make room for the last. Cut with the session's cache, so that what is
/// held is always of the text, and of the edits, that the cache holds.
class ResidualArchive final : public StepWatcher {
 public:
  static constexpr std::uint32_t kBlockTokens = 64;

  ResidualArchive(const Graph& graph, Ledger& ledger, std::uint64_t budget);

  /// Off: taps nothing and costs no time; what is held stays.
  void setOn(bool on) { m_on = on; }
  bool isOn() const { return m_on; }

  /// Of a graph without those values: none, and nothing is ever held.
  const std::vector<ValueId>& values() const { return m_values; }
  std::uint64_t bytesPerToken() const { return m_rowBytes; }
  std::uint64_t bytes() const { return m_blocks.size() * blockBytes(); }  ///< held now
  std::uint64_t budget() const { return m_budget; }
  /// Positions whose states are held, ascending.
  std::vector<IndexRange> held() const;
  bool holds(std::uint32_t first, std::uint32_t count) const;
  /// Rows of one of values() for positions that are held, (positions, D).
  std::vector<float> rows(ValueId value, std::span<const std::uint32_t> positions) const;

  std::span<const Tap> taps(std::uint32_t first, std::uint32_t count, bool again) override;
  void captured(std::uint32_t first, std::uint32_t count, std::span<Capture> captures) override;
  void truncated(std::uint32_t length) override;

 private:
  struct Block {
    Reservation reservation;
    std::vector<std::uint16_t> halves;  ///< (values, kBlockTokens, D)
    std::vector<float> scales;          ///< (values, kBlockTokens)
    std::uint64_t held = 0;             ///< a bit per position
  };
  std::uint64_t blockBytes() const { return m_rowBytes * kBlockTokens; }
  Block* blockFor(std::uint32_t index);

  Ledger& m_ledger;
  std::uint64_t m_budget, m_rowBytes;
  std::uint32_t m_width;
  std::vector<ValueId> m_values;
  std::vector<Tap> m_taps;
  std::map<std::uint32_t, Block> m_blocks;  ///< by position / kBlockTokens
  bool m_on = true;
};

}  // namespace cutaway
