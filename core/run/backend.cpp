#include "core/run/backend.h"

#include "core/quant/number_format.h"

namespace cutaway {

std::uint64_t CacheShape::bytes() const {
  const std::uint64_t perCell = std::uint64_t{2} * layers * keyValueHeads * headWidth;
  return numberFormat(format).bytesFor(perCell * pages * kPageCells);
}

}  // namespace cutaway
