// rope: rotates by angles that the host computes per step.
#include "gpu/op_table.h"

namespace cutaway::gpu {

Result<void> emitRope(ProgramBuilder& builder, const Node& node) {
  const PlanContext& context = builder.context();
  const auto& attributes = std::get<RopeAttributes>(node.attributes);
  const Shape& shape = context.value(node.output).shape;
  const RopeParams params{.rowBase = 0,
                          .heads = shape[1].size,
                          .headWidth = shape[2].size,
                          .pairs = static_cast<std::uint32_t>(attributes.frequency.size()),
                          .halves = attributes.halves};
  const Slice& angles = context.steps->angles(context.steps->ropeIndex(attributes));
  return builder.launch(
      Kernel::rope, FormatId::f32, {},
      {builder.fixedRead(angles), builder.reads(node.inputs[0]), builder.writes(node.output)}, params,
      {builder.rowExtent(), Extent::of(params.heads), {}});
}

}  // namespace cutaway::gpu
