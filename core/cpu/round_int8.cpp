// Rows to 8 bits and back: Op::roundInt8.
#include <algorithm>

#include "core/cpu/kernels.h"
#include "core/quant/integer_grid.h"

namespace cutaway {

void runRoundInt8(const NodeRun& run) {
  const std::size_t width = rowElements(run.outputShape());
  const float largest = std::get<RoundAttributes>(run.node.attributes).largest;
  run.pool.parallelFor(run.rows, 1 + 8192 / width, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::span<float> row(run.output + i * width, width);
      std::copy_n(run.inputs[0] + i * width, width, row.data());
      roundToGrid(symmetricGrid(8, largest > 0 ? largest : largestOf(row)), row);
    }
  });
}

}  // namespace cutaway
