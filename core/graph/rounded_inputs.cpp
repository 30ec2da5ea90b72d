#include "core/graph/rounded_inputs.h"

namespace cutaway {
namespace {

/// Copies a graph node by node, with nodes of its own in between.
class Copy {
 public:
  Copy(const Graph& from, const ActivationRounding& rounding)
      : m_from(from), m_rounding(rounding), m_values(from.values.size(), kNone), m_rounded(from.values.size(), kNone) {
    m_graph.weights = from.weights;
    m_graph.layers = from.layers;
    m_graph.queryHeads = from.queryHeads;
    m_graph.keyValueHeads = from.keyValueHeads;
    m_graph.headWidth = from.headWidth;
    m_graph.width = from.width;
    m_graph.vocabulary = from.vocabulary;
  }

  Result<Graph> make() && {
    for (std::size_t i = 0; i < m_from.nodes.size(); ++i) {
      Node node = m_from.nodes[i];
      const bool rounds = node.op == Op::linear && (node.layer != kNone || m_rounding.everything);
      for (ValueId& input : node.inputs) {
        if (rounds) {
          input = TRY(rounded(input, node.layer));
        } else {
          input = m_values[static_cast<std::size_t>(input)];
        }
      }
      append(std::move(node), i);
    }
    return std::move(m_graph);
  }

 private:
  const Value& valueOf(ValueId id) const { return m_from.values[static_cast<std::size_t>(id)]; }

  /// The node with its own value first, then those that come with it on demand.
  void append(Node node, std::size_t index) {
    const ValueId own = node.output;
    node.output = add(own, m_graph.nodes.size());
    for (std::size_t id = 0; id < m_from.values.size(); ++id)
      if (m_from.values[id].onDemand && m_from.values[id].node == static_cast<std::int32_t>(index))
        add(static_cast<ValueId>(id), m_graph.nodes.size());
    m_graph.nodes.push_back(std::move(node));
  }

  ValueId add(ValueId of, std::size_t node) {
    Value value = valueOf(of);
    value.node = static_cast<std::int32_t>(node);
    const auto id = static_cast<ValueId>(m_graph.values.size());
    m_graph.values.push_back(std::move(value));
    m_values[static_cast<std::size_t>(of)] = id;
    return id;
  }

  Result<ValueId> rounded(ValueId input, std::int32_t layer) {
    ValueId& known = m_rounded[static_cast<std::size_t>(input)];
    if (known != kNone) return known;
    const Value& value = valueOf(input);
    RoundAttributes attributes;
    if (m_rounding.scale == ActivationScale::fixed) {
      const auto range = m_rounding.ranges.find(value.name);
      if (range == m_rounding.ranges.end())
        return fail(ErrorKind::badInput, "no range of ", value.name, " was measured; calibrate with this very model");
      attributes.largest = range->second;
    }
    known = static_cast<ValueId>(m_graph.values.size());
    m_graph.values.push_back({value.name + kRoundedSuffix, value.shape, static_cast<std::int32_t>(m_graph.nodes.size()), false});
    m_graph.nodes.push_back({Op::roundInt8, {m_values[static_cast<std::size_t>(input)]}, {}, known, layer, attributes});
    return known;
  }

  const Graph& m_from;
  const ActivationRounding& m_rounding;
  Graph m_graph;
  std::vector<ValueId> m_values, m_rounded;  ///< by ValueId of the other graph
};

}  // namespace

Result<Graph> roundInputs(const Graph& graph, const ActivationRounding& rounding) {
  if (rounding.scale == ActivationScale::none) return graph;
  return Copy(graph, rounding).make();
}

ValueId beforeRounding(const Graph& graph, ValueId value) {
  const Node& node = graph.nodes[static_cast<std::size_t>(graph.values[static_cast<std::size_t>(value)].node)];
  return node.op == Op::roundInt8 ? node.inputs.front() : value;
}

}  // namespace cutaway
