// What the host needs of the logits of a tail chunk.
#include "gpu/op_table.h"

namespace cutaway::gpu {

Result<void> emitLogitSummary(ProgramBuilder& builder) {
  const PlanContext& context = builder.context();
  const std::uint32_t vocabulary = context.graph.vocabulary, stride = logitStride(vocabulary);
  const LogitParams params{
      .rowBase = 0, .vocabulary = vocabulary, .stride = stride, .blocks = stride / kLogitBlock};
  const std::uint32_t lanes = context.kernels->laneCount();
  const Arena::Id blocks = builder.scratch(std::uint64_t{builder.rowCapacity()} * params.blocks * 16);
  TRY(builder.launch(Kernel::logitBlocks, FormatId::f32, {},
                     {builder.fixedRead(context.steps->records()), builder.reads(context.graph.logits()),
                      builder.scratchWrite(blocks)},
                     params, {Extent::of((params.blocks + lanes - 1) / lanes), builder.rowExtent(), {}}));
  return builder.launch(Kernel::logitTop, FormatId::f32, {},
                        {builder.fixedRead(context.steps->records()), builder.reads(context.graph.logits()),
                         builder.scratchUpdate(blocks), builder.fixedWrite(context.results)},
                        params, {builder.rowExtent(), {}, {}});
}

}  // namespace cutaway::gpu
