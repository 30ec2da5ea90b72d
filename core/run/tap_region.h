// Where a tap's part of a value lies in a step: what both backends copy.
#pragma once

#include "core/graph/layout.h"
#include "core/run/backend.h"

namespace cutaway {

/// Sizes of a step: T, R and N.
struct StepExtent {
  std::uint32_t tokens = 0, wanted = 0, context = 0;
};

struct TapRegion {
  ValueLayout layout;
  std::uint32_t firstRow = 0, rows = 0;    ///< of T, or of R where the value has wanted rows
  std::uint32_t firstHead = 0, heads = 0;  ///< heads: at least 1, also where the value has none
  std::vector<std::uint32_t> shape;        ///< of the capture
  std::uint64_t elements = 0;              ///< of the capture

  /// The part of each row, where rows come first: heads * columns elements from here on.
  std::uint32_t rowOffset() const { return firstHead * layout.columns; }
  std::uint32_t rowCount() const { return heads * layout.columns; }
};

/// The tap must have passed checkStep.
TapRegion regionOf(const Graph& graph, const Tap& tap, const StepExtent& extent);

}  // namespace cutaway
