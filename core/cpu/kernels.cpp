#include "core/cpu/kernels.h"

namespace cutaway {
namespace {

struct Entry {
  Op op;
  Kernel* run;
};
constexpr Entry kKernels[] = {
    {Op::embed, runEmbed},           {Op::rmsNorm, runRmsNorm},
    {Op::linear, runLinear},         {Op::rope, runRope},
    {Op::attention, runAttention},   {Op::add, runAdd},
    {Op::swiglu, runSwiglu},         {Op::pickRows, runPickRows},
    {Op::roundInt8, runRoundInt8},   {Op::input, runInput},
    {Op::attendCached, runAttendCached}, {Op::lookCached, runLookCached},
};
constexpr bool hasKernelPerOp() {
  for (std::size_t i = 0; i < std::size(kKernels); ++i)
    if (kKernels[i].op != kOps[i].op) return false;
  return std::size(kKernels) == kOpCount;
}
static_assert(hasKernelPerOp());

}  // namespace

Kernel* kernelFor(Op op) { return kKernels[static_cast<std::size_t>(op)].run; }

std::size_t rowElements(const Shape& shape) {
  std::size_t elements = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) elements *= shape[i].size;
  return elements;
}

}  // namespace cutaway
