#include "core/graph/layout.h"

#include <algorithm>

namespace cutaway {
namespace {

/// The gates, the inputs and the output of swiglu are one number per neuron.
bool isNeurons(const Graph& graph, ValueId value) {
  return std::ranges::any_of(graph.nodes, [value](const Node& node) {
    return node.op == Op::swiglu &&
           (node.output == value || std::ranges::find(node.inputs, value) != node.inputs.end());
  });
}

}  // namespace

ValueLayout layoutOf(const Graph& graph, ValueId value) {
  const Shape& shape = graph.values[value].shape;
  ValueLayout layout;
  layout.wantedRows = shape.front() == Dim::wanted();
  layout.headsFirst = shape.front().symbol == Dim::Symbol::fixed;
  if (shape.size() == 3) layout.heads = shape[layout.headsFirst ? 0 : 1].size;
  layout.columns = shape.size() > 1 ? shape.back().size : 1;
  if (shape.back() == Dim::context())
    layout.columnName = "key";
  else if (isNeurons(graph, value))
    layout.columnName = "neuron";
  return layout;
}

std::vector<RowPiece> rowPieces(const ValueLayout& layout, const Indices& heads, const Indices& columns) {
  const auto columnRanges = columns.within(0, layout.columns);
  std::vector<RowPiece> pieces;
  for (const IndexRange& headRange : heads.within(0, std::max(layout.heads, 1u)))
    for (std::uint32_t head = headRange.first; head < headRange.end; ++head)
      for (const IndexRange& range : columnRanges) {
        const std::uint32_t offset = head * layout.columns + range.first, count = range.end - range.first;
        if (!pieces.empty() && pieces.back().offset + pieces.back().count == offset)
          pieces.back().count += count;
        else
          pieces.push_back({offset, count});
      }
  return pieces;
}

std::uint32_t pieceElements(const std::vector<RowPiece>& pieces) {
  std::uint32_t count = 0;
  for (const RowPiece& piece : pieces) count += piece.count;
  return count;
}

}  // namespace cutaway
