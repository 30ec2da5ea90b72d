// Copies values of one step to memory the host reads: taps, and all logits where they are asked for.
#pragma once

#include "core/run/tap_region.h"
#include "gpu/single_launches.h"

namespace cutaway::gpu {

/// Where captures lie until the host has read them: kept from step to step while it is small.
class CaptureMemory {
 public:
  /// At least so many bytes; what was there before is lost.
  Result<Slice> take(const std::shared_ptr<const Device>& device, Ledger& ledger, std::uint64_t bytes);
  /// Gives much memory back.
  void rest();

 private:
  Slice m_slice;
  Reservation m_reservation;
};

/// The captures of one step. Lives until the step is waited for. Programs that keep their values are asked
/// for them when they are done, so that they are replayed as ever; others are recorded anew, with copies
/// between their launches.
class StepCaptures {
 public:
  /// Allocates what is needed. `wanted` and `context` are the step's R and N.
  static Result<StepCaptures> create(PlanContext& context, Ledger& ledger, CaptureMemory& memory,
                                     const Step& step, std::uint32_t wanted, std::uint32_t contextLength);
  StepCaptures() = default;

  /// Values that programs must store for these captures.
  std::set<ValueId> needed(const Graph& graph, Part part) const;
  /// Told which programs the step will run: sorts out what can wait until they are done.
  Result<void> settle(PlanContext& context, Ledger& ledger, const Program& body, const Program& tail);
  /// The step's tap words; none when nothing is asked for by them.
  const std::vector<std::uint32_t>& tapWords() const { return m_tapWords; }
  /// Whether all of a part's captures wait until it is done.
  bool canReplay(Part part) const;

  /// Records, behind a launch, the copies of what it made that do not wait. `rowBase` is that of a tail
  /// chunk.
  Result<void> recordAfter(PlanContext& context, const Program& program, std::size_t launch,
                           std::uint32_t rowBase, CommandBuffer& commands);
  /// Records the copies of what has waited, behind a barrier.
  Result<void> recordAtEnd(PlanContext& context, const Program& body, const Program& tail,
                           CommandBuffer& commands);

  /// After the wait: the captures that were asked for, and the rows' logits if fullLogits was set.
  void read(StepResult& result) const;

 private:
  struct Item {
    ValueId value = kNone;
    Part part = Part::body;
    bool isTap = true;  ///< false: for LogitRow::logits alone
    bool onDemand = false, pattern = false;
    bool waits = false;  ///< until the program is done
    TapRegion region;
    std::uint32_t strideFloats = 0;  ///< from row to row; means nothing on demand
    std::uint64_t scoresAt = 0;      ///< floats; on demand, of one that waits: its layer's place
    Slice readback;                  ///< whole rows
    Slice scores;                    ///< on demand, of one that does not wait: on the device
    std::uint64_t bytes() const {
      return (onDemand ? region.elements : std::uint64_t{region.rows} * strideFloats) * 4;
    }
  };
  ValueId sourceOf(const Graph& graph, const Item& item) const;
  void placeScores(const PlanContext& context, const Program& body);
  void copyScores(const PlanContext& context, bool patterns, CommandBuffer& commands) const;
  Result<void> recordScores(PlanContext& context, const Program& program, Item& item,
                            CommandBuffer& commands);

  std::vector<Item> m_items;
  std::vector<std::uint32_t> m_tapWords;
  SingleLaunches m_launches;
  Reservation m_reservation;
  std::uint32_t m_contextLength = 0, m_firstWanted = 0;
  std::uint32_t m_patternRows = 0;  ///< that wait, from the beginning of the buffer of scores
};

}  // namespace cutaway::gpu
