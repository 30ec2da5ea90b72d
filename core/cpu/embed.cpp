// Rows of the embedding table.
#include "core/cpu/kernels.h"

namespace cutaway {

void runEmbed(const NodeRun& run) {
  const CpuTensor& table = *run.weights[0];
  const std::size_t width = table.info.columns();
  run.pool.parallelFor(run.rows, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t t = begin; t < end; ++t)
      table.format().decode(table.weights(run.step.tokens[t], 0, width), {run.output + t * width, width});
  });
}

}  // namespace cutaway
