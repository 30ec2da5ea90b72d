// rms_norm over the last dimension: rows of a value, or the heads of each row.
#include "gpu/op_table.h"

namespace cutaway::gpu {

Result<void> emitRmsNorm(ProgramBuilder& builder, const Node& node) {
  const PlanContext& context = builder.context();
  const std::uint32_t columns = context.value(node.output).shape.back().size;
  const std::uint32_t perRow = context.rowElements(node.output) / columns;
  const NormParams params{
      .rowBase = 0, .columns = columns, .epsilon = std::get<NormAttributes>(node.attributes).epsilon};
  const std::uint32_t constants[] = {columns % 4 != 0};
  return builder.launch(
      Kernel::rmsNorm, FormatId::f32, constants,
      {builder.reads(node.inputs[0]), builder.fixedRead(context.tensor(node.weights[0]).vector),
       builder.writes(node.output)},
      params, {builder.rowExtent(), Extent::of(perRow), {}});
}

}  // namespace cutaway::gpu
