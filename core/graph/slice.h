// A part of a forward pass: what it takes to compute some values from given ones, as a graph of its own.
#pragma once

#include "core/graph/graph.h"

namespace cutaway {

/// What becomes of the attention that lies on the way.
enum class SliceCache : std::uint8_t {
  read,  ///< it looks at what the cache holds and stores nothing; keys and values are not computed
  write  ///< it computes and stores keys and values, as in the whole graph
};

/// Values keep their names and weights their order. Attention that only reads, and of which only scores or
/// pattern are wanted, mixes no values: its node is look_cached, whose value "blk.i.attn.look" is the query.
struct Slice {
  Graph graph;  ///< its input nodes stand where the given values were made
  SliceCache cache = SliceCache::read;
  std::vector<ValueId> inputs;    ///< of the slice, in the order in which Step::inputs gives them
  std::vector<ValueId> ofWhole;   ///< by ValueId of the whole graph: the slice's, or kNone
  std::vector<ValueId> inWhole;   ///< by ValueId of the slice: the whole graph's, or kNone
  std::vector<WeightId> weights;  ///< by WeightId of the slice: the whole graph's
};

/// What leads from `given` (T rows each) to `wanted`; where nothing given stops it, from the tokens on. Fails
/// where a given value is none that can be given, or leads to nothing wanted.
Result<Slice> cutSlice(const Graph& whole, std::span<const ValueId> given, std::span<const ValueId> wanted,
                       SliceCache cache = SliceCache::read);

}  // namespace cutaway
