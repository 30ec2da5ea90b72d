#include "gpu/op_table.h"

namespace cutaway::gpu {
namespace {

struct Line {
  Op op;
  EmitNode emit;
};
constexpr std::array kLines = {
    Line{Op::embed, emitEmbed},           Line{Op::rmsNorm, emitRmsNorm},
    Line{Op::linear, emitLinear},         Line{Op::rope, emitRope},
    Line{Op::attention, emitAttention},   Line{Op::add, emitAdd},
    Line{Op::swiglu, emitSwiglu},         Line{Op::pickRows, emitPickRows},
    Line{Op::roundInt8, emitRoundInt8},   Line{Op::input, emitInput},
    Line{Op::attendCached, emitAttendCached}, Line{Op::lookCached, emitLookCached},
};
constexpr bool complete() {
  for (std::size_t i = 0; i < kLines.size(); ++i)
    if (kLines[i].op != kOps[i].op || kLines[i].emit == nullptr) return false;
  return kLines.size() == kOpCount;
}
static_assert(complete(), "every op of core/graph/ops.h needs a line here");

}  // namespace

EmitNode emitterFor(Op op) { return kLines[static_cast<std::size_t>(op)].emit; }

}  // namespace cutaway::gpu
