// What the dimensions of a value are: tokens, heads, columns; and which stretches of a row are meant.
#pragma once

#include "core/graph/graph.h"
#include "core/graph/indices.h"

namespace cutaway {

/// A value is (T, columns), (T, heads, columns), or (heads, T, N) where it is computed on demand. T may be R.
struct ValueLayout {
  std::uint32_t heads = 0;          ///< 0: it has none
  std::uint32_t columns = 0;        ///< 0: N, one for each token that is looked back at
  bool headsFirst = false;          ///< (heads, T, N)
  bool wantedRows = false;          ///< it has a row per token whose logits are wanted
  const char* columnName = "dim";   ///< "neuron", "key"

  std::uint32_t rowElements() const { return (heads > 0 ? heads : 1) * columns; }  ///< not of (heads, T, N)
};

ValueLayout layoutOf(const Graph& graph, ValueId value);

/// A stretch of one token's row.
struct RowPiece {
  std::uint32_t offset = 0, count = 0;
};

/// What `heads` and `columns` select of one row, in order; neighbours are joined. Not for (heads, T, N).
std::vector<RowPiece> rowPieces(const ValueLayout& layout, const Indices& heads, const Indices& columns);
std::uint32_t pieceElements(const std::vector<RowPiece>& pieces);

}  // namespace cutaway
