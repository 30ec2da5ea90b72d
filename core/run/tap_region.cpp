#include "core/run/tap_region.h"

namespace cutaway {

TapRegion regionOf(const Graph& graph, const Tap& tap, const StepExtent& extent) {
  TapRegion region{.layout = layoutOf(graph, tap.value), .shape = {}};
  const std::uint32_t allRows = region.layout.wantedRows ? extent.wanted : extent.tokens;
  const std::uint32_t allHeads = region.layout.heads > 0 ? region.layout.heads : 1;
  region.firstRow = tap.firstToken;
  region.rows = tap.tokens > 0 ? tap.tokens : allRows - tap.firstToken;
  region.firstHead = tap.firstHead;
  region.heads = tap.heads > 0 ? tap.heads : allHeads - tap.firstHead;
  if (region.layout.headsFirst)
    region.shape = {region.heads, region.rows, extent.context};
  else if (region.layout.heads > 0)
    region.shape = {region.rows, region.heads, region.layout.columns};
  else
    region.shape = {region.rows, region.layout.columns};
  region.elements = 1;
  for (const std::uint32_t size : region.shape) region.elements *= size;
  return region;
}

}  // namespace cutaway
