// The rows of the tokens whose logits are wanted.
#include <cstring>

#include "core/cpu/kernels.h"

namespace cutaway {

void runPickRows(const NodeRun& run) {
  const std::size_t width = rowElements(run.outputShape());
  for (std::size_t row = 0; row < run.rows; ++row)
    std::memcpy(run.output + row * width, run.inputs[0] + run.pickedTokens[row] * width,
                width * sizeof(float));
}

}  // namespace cutaway
