// add, swiglu, pick_rows; and what passes rows on as they are: input, look_cached.
#include "gpu/op_table.h"

namespace cutaway::gpu {
namespace {

Result<void> emitElementwise(ProgramBuilder& builder, const Node& node, Kernel kernel) {
  const PlanContext& context = builder.context();
  const std::uint32_t width = context.rowElements(node.output);
  const ElementwiseParams params{.rowBase = 0, .width = width, .wanted = builder.part() == Part::tail};
  const std::uint32_t perGroup = context.kernels->laneCount() * kElementQuads * 4;
  return builder.launch(kernel, FormatId::f32, {},
                        {builder.fixedRead(context.steps->records()), builder.reads(node.inputs[0]),
                         builder.reads(node.inputs[1]), builder.writes(node.output)},
                        params, {builder.rowExtent(width, perGroup), {}, {}});
}

/// `from` to the node's output.
Result<void> emitCopy(ProgramBuilder& builder, const Node& node, Operand from) {
  const PlanContext& context = builder.context();
  const std::uint32_t width = context.rowElements(node.output);
  const ElementwiseParams params{.rowBase = 0, .width = width, .wanted = 0};
  const std::uint32_t perGroup = context.kernels->laneCount() * kElementQuads * 4;
  return builder.launch(
      Kernel::copyRows, FormatId::f32, {},
      {builder.fixedRead(context.steps->records()), std::move(from), builder.writes(node.output)}, params,
      {builder.rowExtent(width, perGroup), {}, {}});
}

}  // namespace

Result<void> emitInput(ProgramBuilder& builder, const Node& node) {
  return emitCopy(builder, node, builder.fixedRead(builder.context().inputs->rows(node.output)));
}

Result<void> emitLookCached(ProgramBuilder& builder, const Node& node) {
  return emitCopy(builder, node, builder.reads(node.inputs[0]));
}

Result<void> emitAdd(ProgramBuilder& builder, const Node& node) {
  return emitElementwise(builder, node, Kernel::add);
}

Result<void> emitSwiglu(ProgramBuilder& builder, const Node& node) {
  return emitElementwise(builder, node, Kernel::swiglu);
}

Result<void> emitPickRows(ProgramBuilder& builder, const Node& node) {
  const PlanContext& context = builder.context();
  const PickRowsParams params{.rowBase = 0, .width = context.rowElements(node.output)};
  return builder.launch(Kernel::pickRows, FormatId::f32, {},
                        {builder.fixedRead(context.steps->records()), builder.reads(node.inputs[0]),
                         builder.writes(node.output)},
                        params, {builder.rowExtent(), {}, {}});
}

}  // namespace cutaway::gpu
