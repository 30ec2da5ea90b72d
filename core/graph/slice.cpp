#include "core/graph/slice.h"

#include <algorithm>

namespace cutaway {
namespace {

/// What of the whole graph is needed, found from the last node to the first.
struct Needs {
  std::vector<bool> stored;  ///< by ValueId: computed or given
  std::vector<bool> looked;  ///< by node: its scores or pattern are wanted
};

Result<void> checkValues(const Graph& whole, std::span<const ValueId> given,
                         std::span<const ValueId> wanted) {
  for (const auto& ids : {given, wanted})
    for (const ValueId id : ids)
      if (id < 0 || id >= std::ssize(whole.values))
        return fail(ErrorKind::usage, "slice: value ", id, " of ", whole.values.size());
  for (const ValueId id : given)
    if (whole.values[id].onDemand || whole.values[id].shape.front() != Dim::tokens())
      return fail(ErrorKind::usage, "slice: ", whole.values[id].name, " has shape ",
                  toString(whole.values[id].shape), " and cannot be given; values of T rows can");
  if (wanted.empty()) return fail(ErrorKind::usage, "slice: nothing is wanted");
  return {};
}

Needs findNeeds(const Graph& whole, std::span<const ValueId> given, std::span<const ValueId> wanted,
                SliceCache cache) {
  Needs needs{std::vector<bool>(whole.values.size()), std::vector<bool>(whole.nodes.size())};
  for (const ValueId id : wanted)
    if (whole.values[id].onDemand)
      needs.looked[whole.values[id].node] = true;
    else
      needs.stored[id] = true;
  for (std::size_t i = whole.nodes.size(); i-- > 0;) {
    const Node& node = whole.nodes[i];
    const bool isGiven = std::ranges::find(given, node.output) != given.end();
    const bool computed = needs.stored[node.output] && !isGiven;
    if (!computed && !needs.looked[i]) continue;
    const bool queryOnly = node.op == Op::attention && cache == SliceCache::read;
    for (std::size_t input = 0; input < (queryOnly ? 1 : node.inputs.size()); ++input)
      needs.stored[node.inputs[input]] = true;
  }
  return needs;
}

class Cutter {
 public:
  Cutter(const Graph& whole, SliceCache cache) : m_whole(whole), m_weights(whole.weights.size(), kNone) {
    m_slice.cache = cache;
    m_slice.ofWhole.assign(whole.values.size(), kNone);
    Graph& graph = m_slice.graph;
    graph.layers = whole.layers;
    graph.queryHeads = whole.queryHeads;
    graph.keyValueHeads = whole.keyValueHeads;
    graph.headWidth = whole.headWidth;
    graph.width = whole.width;
    graph.vocabulary = whole.vocabulary;
  }

  void addInput(const Node& node) {
    m_slice.inputs.push_back(append(node, Op::input, m_whole.values[node.output].name, node.output, 0));
  }

  void addNode(const Node& node, bool looked) {
    const bool cached = node.op == Op::attention && m_slice.cache == SliceCache::read;
    append(node, cached ? Op::attendCached : node.op, m_whole.values[node.output].name, node.output,
           cached ? 1 : node.inputs.size());
    if (looked) addOnDemand(node);
  }

  /// Scores and pattern alone.
  void addLook(const Node& node) {
    append(node, Op::lookCached, concat("blk.", node.layer, ".attn.look"), kNone, 1);
    addOnDemand(node);
  }

  Slice finish() && { return std::move(m_slice); }

 private:
  ValueId append(const Node& node, Op op, std::string name, ValueId inWhole, std::size_t inputs) {
    Graph& graph = m_slice.graph;
    Node made{.op = op,
              .inputs = {},
              .weights = {},
              .output = addValue(std::move(name), node, inWhole),
              .layer = node.layer,
              .attributes = {}};
    if (op != Op::input) {
      made.attributes = node.attributes;
      for (std::size_t i = 0; i < inputs; ++i) made.inputs.push_back(m_slice.ofWhole[node.inputs[i]]);
      for (const WeightId id : node.weights) made.weights.push_back(id == kNone ? kNone : weight(id));
    }
    graph.nodes.push_back(std::move(made));
    return graph.nodes.back().output;
  }

  /// Of the node that is appended next.
  ValueId addValue(std::string name, const Node& node, ValueId inWhole) {
    Graph& graph = m_slice.graph;
    const auto id = static_cast<ValueId>(graph.values.size());
    graph.values.push_back({std::move(name), m_whole.values[node.output].shape,
                            static_cast<std::int32_t>(graph.nodes.size()), false});
    m_slice.inWhole.push_back(inWhole);
    if (inWhole != kNone) m_slice.ofWhole[inWhole] = id;
    return id;
  }

  void addOnDemand(const Node& node) {
    const auto index = static_cast<std::int32_t>(&node - m_whole.nodes.data());
    for (std::size_t i = 0; i < m_whole.values.size(); ++i) {
      if (m_whole.values[i].node != index || !m_whole.values[i].onDemand) continue;
      m_slice.ofWhole[i] = static_cast<ValueId>(m_slice.graph.values.size());
      m_slice.inWhole.push_back(static_cast<ValueId>(i));
      m_slice.graph.values.push_back(m_whole.values[i]);
      m_slice.graph.values.back().node = static_cast<std::int32_t>(m_slice.graph.nodes.size()) - 1;
    }
  }

  WeightId weight(WeightId id) {
    if (m_weights[id] == kNone) {
      m_weights[id] = static_cast<WeightId>(m_slice.weights.size());
      m_slice.weights.push_back(id);
      m_slice.graph.weights.push_back(m_whole.weights[id]);
    }
    return m_weights[id];
  }

  const Graph& m_whole;
  std::vector<WeightId> m_weights;  ///< of the whole graph, in the slice
  Slice m_slice;
};

}  // namespace

Result<Slice> cutSlice(const Graph& whole, std::span<const ValueId> given, std::span<const ValueId> wanted,
                       SliceCache cache) {
  TRY(checkValues(whole, given, wanted));
  const Needs needs = findNeeds(whole, given, wanted, cache);
  for (const ValueId id : given)
    if (!needs.stored[id])
      return fail(ErrorKind::usage, "slice: ", whole.values[id].name,
                  " leads to nothing that is wanted, such as ", whole.values[wanted.front()].name);
  Cutter cutter(whole, cache);
  for (std::size_t i = 0; i < whole.nodes.size(); ++i) {
    const Node& node = whole.nodes[i];
    const bool isGiven = std::ranges::find(given, node.output) != given.end();
    if (isGiven) cutter.addInput(node);
    const bool stores = needs.looked[i] && cache == SliceCache::write;
    if ((needs.stored[node.output] || stores) && !isGiven)
      cutter.addNode(node, needs.looked[i]);
    else if (needs.looked[i])
      cutter.addLook(node);
  }
  return std::move(cutter).finish();
}

}  // namespace cutaway
