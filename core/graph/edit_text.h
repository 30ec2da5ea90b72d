// EDIT: "blk.3.attn.z[head=2;token=5:9]=scale:0 | zero | mean:FILE | add:FILE:NAME*2.5 | replace:FILE:NAME".
#pragma once

#include "core/graph/edit.h"
#include "core/graph/selection.h"

namespace cutaway {

/// The edits, one per value that the selection names. FILE is a safetensors file; NAME, where it is left out,
/// the value's own name. An array holds one row for all tokens, as many rows as tokens are edited, or the
/// prompt's as many, of which those of the edited positions count; a row is the value's whole one or what the
/// selection leaves of it. mean takes the average of all rows.
Result<Edits> parseEdit(const Graph& graph, std::string_view text, const SequenceSize& sequence);

}  // namespace cutaway
