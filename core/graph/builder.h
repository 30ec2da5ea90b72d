// Writes a Graph so that the family's code reads like the paper.
#pragma once

#include <map>

#include "core/graph/graph.h"

namespace cutaway {

/// Values are named when they are made. Inside layer(i), names and weights get the prefix "blk.i."; a
/// weight's name is given without ".weight" and a bias's without ".bias". Shapes are inferred; a mistake in a
/// family is found by validate().
class GraphBuilder {
 public:
  struct Sizes {
    std::uint32_t layers, width, queryHeads, keyValueHeads, headWidth, vocabulary;
  };
  explicit GraphBuilder(const Sizes& sizes);

  void layer(std::uint32_t index);  ///< what follows belongs to this layer
  void noLayer();                   ///< what follows is outside the layers

  ValueId embed(std::string_view name, std::string_view weight);
  ValueId rmsNorm(std::string_view name, ValueId x, std::string_view weight, float epsilon);
  /// x (rows, K) to (rows, M), or to (rows, heads, M / heads) when heads > 0. `bias` may be empty.
  ValueId linear(std::string_view name, ValueId x, std::string_view weight, std::uint32_t outputs,
                 std::string_view bias = {}, std::uint32_t heads = 0);
  ValueId rope(std::string_view name, ValueId x, const RopeAttributes& attributes);
  /// Names z; the on-demand values "attn.scores" and "attn.pattern" of the layer come with it.
  ValueId attention(std::string_view name, ValueId q, ValueId k, ValueId v, float scale);
  ValueId add(std::string_view name, ValueId x, ValueId y);
  ValueId swiglu(std::string_view name, ValueId gate, ValueId up);
  ValueId pickRows(std::string_view name, ValueId x);

  Graph finish() &&;

 private:
  ValueId append(std::string_view name, Shape shape, Op op, std::vector<ValueId> inputs,
                 std::vector<WeightId> weights = {}, Attributes attributes = {});
  /// The weight of this name, added when it is new; one that is used twice is a tied embedding.
  WeightId weight(std::string_view name, std::vector<std::uint64_t> shape, bool matrix, bool table);
  std::string prefixed(std::string_view name) const;

  Graph m_graph;
  std::map<std::string, WeightId, std::less<>> m_weightIds;
  std::int32_t m_layer = kNone;
};

}  // namespace cutaway
