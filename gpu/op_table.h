// How each op becomes launches: one file of gpu/ops per op family, one line here per op.
#pragma once

#include "gpu/program_builder.h"

namespace cutaway::gpu {

using EmitNode = Result<void> (*)(ProgramBuilder& builder, const Node& node);

/// Never null: gpu does not compile while an op is missing.
EmitNode emitterFor(Op op);

Result<void> emitEmbed(ProgramBuilder& builder, const Node& node);
Result<void> emitRmsNorm(ProgramBuilder& builder, const Node& node);
Result<void> emitLinear(ProgramBuilder& builder, const Node& node);
Result<void> emitRope(ProgramBuilder& builder, const Node& node);
Result<void> emitAttention(ProgramBuilder& builder, const Node& node);
Result<void> emitAdd(ProgramBuilder& builder, const Node& node);
Result<void> emitSwiglu(ProgramBuilder& builder, const Node& node);
Result<void> emitPickRows(ProgramBuilder& builder, const Node& node);
Result<void> emitRoundInt8(ProgramBuilder& builder, const Node& node);
Result<void> emitInput(ProgramBuilder& builder, const Node& node);
Result<void> emitAttendCached(ProgramBuilder& builder, const Node& node);
Result<void> emitLookCached(ProgramBuilder& builder, const Node& node);

/// After the logits of a tail chunk: the top of each row, and its sums.
Result<void> emitLogitSummary(ProgramBuilder& builder);

}  // namespace cutaway::gpu
