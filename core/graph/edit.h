// A change of a value inside the forward pass, as plain data: ablation, patching and steering.
#pragma once

#include <memory>

#include "core/graph/layout.h"

namespace cutaway {

/// At the chosen tokens, heads and columns of a value, right after it was computed and before it is read,
/// the old value becomes keep * old + added. Not for values on demand.
struct Edit {
  ValueId value = kNone;
  Indices tokens;   ///< positions in the sequence, prompt and generated alike
  Indices heads;    ///< all where the value has none
  Indices columns;
  float keep = 1;  ///< at 0 the old value counts for nothing, even where it was infinite
  /// (addedRows, entries of a row that are chosen), in order of head and column; empty: nothing is added.
  std::vector<float> added;
  std::uint32_t addedRows = 0;  ///< 1: the same at every chosen token; else one for each of them
  bool on = true;               ///< off: listed, and does nothing

  bool operator==(const Edit&) const = default;
};
using Edits = std::vector<Edit>;

/// Fails with the first rule of Edit that is broken.
Result<void> validate(const Graph& graph, const Edit& edit);

/// Those that are on, of the first ones and then of the others.
std::shared_ptr<const Edits> joined(const Edits& first, const Edits& then);
/// Whether every one that is on acts at every token, so that it means the same in another text.
bool reachEveryToken(const Edits& edits);

/// The first token whose key or value in a cache may differ between the two; IndexRange::kOpen for none.
std::uint32_t firstAffected(const Graph& graph, const Edits& before, const Edits& after);

/// What an edit does to one row, ready to be applied to many.
class RowEdit {
 public:
  RowEdit(const Graph& graph, const Edit& edit);
  /// `row` holds all of the value's elements for the token at this position of its sequence.
  void apply(float* row, std::uint32_t position) const;
  const std::vector<RowPiece>& pieces() const { return m_pieces; }
  /// Of the token's entries in `added`; null where nothing is added.
  const float* added(std::uint32_t position) const;

 private:
  const Edit& m_edit;
  std::vector<RowPiece> m_pieces;
  std::uint32_t m_elements;
};

}  // namespace cutaway
