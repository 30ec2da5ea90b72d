// Changes values of one step between the launch that makes them and those that read them.
#pragma once

#include "core/graph/edit.h"
#include "gpu/single_launches.h"

namespace cutaway::gpu {

/// The edits of one step. Lives until the step is waited for.
class StepEdits {
 public:
  /// Copies what the device needs of the edits that meet a token of the step.
  static Result<StepEdits> create(PlanContext& context, Ledger& ledger, const Step& step);
  StepEdits() = default;

  bool empty() const { return m_items.empty(); }
  /// Values that programs must store, so that a launch lies between their maker and their readers.
  void addNeeded(const Graph& graph, Part part, std::set<ValueId>& values) const;

  /// Records, behind a launch, the changes to what it made. `rowBase` is that of a tail chunk.
  Result<void> recordAfter(PlanContext& context, const Program& program, std::size_t launch,
                           std::uint32_t rowBase, CommandBuffer& commands);

 private:
  struct Item {
    ValueId value = kNone;
    bool adds = false;
    float keep = 1;
    std::vector<std::uint32_t> rows;  ///< of the value in this step, ascending
    std::uint32_t entries = 0;
    Slice work;  ///< as shaders/edit_rows.comp has it
  };

  std::vector<Item> m_items;
  SingleLaunches m_launches;
  Reservation m_reservation;
};

}  // namespace cutaway::gpu
