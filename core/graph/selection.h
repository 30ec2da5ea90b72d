// SELECTION: values by name and parts of them, "blk.*.attn.pattern", "blk.3.attn.z[head=2,3;token=0:16]".
#pragma once

#include "core/graph/layout.h"

namespace cutaway {

/// A value, or a part of it.
struct ValueSelection {
  ValueId value = kNone;
  Indices tokens;   ///< positions in the sequence
  Indices heads;    ///< within the value's heads
  Indices columns;  ///< of the last dimension: "neuron", "key" or "dim"
  bool operator==(const ValueSelection&) const = default;
};

/// How long the sequence is that token numbers refer to.
struct SequenceSize {
  std::uint32_t prompt = 0;  ///< token=-1 is the last of the prompt
  std::uint32_t most = 0;    ///< with all that may be generated
};

/// Several, with commas between. A name may hold * for any characters, and lists or ranges of numbers
/// ("blk.1,2.ffn.act", "blk.0:4.resid_post"). A value is selected once; twice only when alike.
Result<std::vector<ValueSelection>> parseSelections(const Graph& graph, std::string_view text,
                                               const SequenceSize& sequence);
/// One: the values that its name stands for, in the graph's order.
Result<std::vector<ValueSelection>> parseSelection(const Graph& graph, std::string_view text,
                                              const SequenceSize& sequence);

/// Splits at the commas between selections: not at those in brackets, nor at those before a number.
std::vector<std::string_view> splitSelections(std::string_view text);

/// The names most like this one, for errors: "blk.0.attn.z, blk.0.attn.q".
std::string nearestNames(const Graph& graph, std::string_view name);

}  // namespace cutaway
