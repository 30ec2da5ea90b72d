// embed: rows of the table for the step's tokens.
#include "gpu/op_table.h"

namespace cutaway::gpu {

Result<void> emitEmbed(ProgramBuilder& builder, const Node& node) {
  const MatrixView& table = builder.context().tensor(node.weights[0]).matrix;
  const Operand out = builder.writes(node.output);
  const std::uint64_t rowBytes = std::uint64_t{table.rowPieces} * kPieceBytes;
  const std::uint32_t constants[] = {table.columns % kGroupColumns != 0};
  for (const MatrixSection& section : table.sections) {
    const EmbedParams params{.rowBase = 0,
                             .columns = table.columns,
                             .groups = groupsOf(table.columns),
                             .rowPieces = table.rowPieces,
                             .firstRow = section.firstRow,
                             .lastRow = section.firstRow + section.rows};
    TRY(builder.launch(Kernel::embed, table.format, constants,
                       {builder.fixedRead(builder.context().steps->records()),
                        {Operand::kFixed, section.slice, true, false, 0, rowBytes},
                        out},
                       params, {builder.rowExtent(), {}, {}}));
  }
  return {};
}

}  // namespace cutaway::gpu
