// Copies values of one step to memory the host reads: taps, and all logits where they are asked for.
#pragma once

#include "core/run/tap_region.h"
#include "gpu/single_launches.h"

namespace cutaway::gpu {

/// The captures of one step. Lives until the step is waited for.
class StepCaptures {
 public:
  /// Allocates what is needed. `rows` are T and R of the step, `context` its N.
  static Result<StepCaptures> create(PlanContext& context, Ledger& ledger, const Step& step,
                                     std::uint32_t wanted, std::uint32_t contextLength);
  StepCaptures() = default;

  /// Values that programs must store for these captures.
  std::set<ValueId> needed(const Graph& graph, Part part) const;

  /// Records, behind a launch, the copies of what it made. `rowBase` is that of a tail chunk.
  Result<void> recordAfter(PlanContext& context, const Program& program, std::size_t launch,
                           std::uint32_t rowBase, CommandBuffer& commands);

  /// After the wait: the captures that were asked for, and the rows' logits if fullLogits was set.
  void read(StepResult& result) const;

 private:
  struct Item {
    ValueId value = kNone;
    bool isTap = true;  ///< false: for LogitRow::logits alone
    bool onDemand = false, pattern = false;
    TapRegion region;
    std::uint32_t strideFloats = 0;  ///< from row to row; means nothing on demand
    Slice readback;                  ///< whole rows
    Slice scores;                    ///< on demand: on the device
    std::uint64_t bytes() const {
      return (onDemand ? region.elements : std::uint64_t{region.rows} * strideFloats) * 4;
    }
  };
  Result<void> recordScores(PlanContext& context, const Program& program, Item& item,
                            CommandBuffer& commands);

  std::vector<Item> m_items;
  SingleLaunches m_launches;
  Reservation m_reservation;
  std::uint32_t m_contextLength = 0;
};

}  // namespace cutaway::gpu
