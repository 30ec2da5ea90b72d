// round_int8: rows to 8 bits and back.
#include "gpu/op_table.h"

namespace cutaway::gpu {

Result<void> emitRoundInt8(ProgramBuilder& builder, const Node& node) {
  const std::uint32_t columns = builder.context().rowElements(node.output);
  const RoundParams params{
      .rowBase = 0, .columns = columns, .largest = std::get<RoundAttributes>(node.attributes).largest};
  const std::uint32_t constants[] = {columns % 4 != 0};
  return builder.launch(Kernel::roundInt8, FormatId::f32, constants,
                        {builder.reads(node.inputs[0]), builder.writes(node.output)}, params, {builder.rowExtent(), {}, {}});
}

}  // namespace cutaway::gpu
