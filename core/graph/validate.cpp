// Checks a graph op by op. A family's mistake, or a hand-made graph, ends in a sentence instead of a crash
// later.
#include <algorithm>
#include <set>

#include "core/graph/graph.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kLargestRow =
    1u << 28;  ///< elements per token of any value; keeps every product in range

struct Checker {
  const Graph& graph;
  const Node& node;

  const Value& output() const { return graph.values[node.output]; }
  const Shape& shape(std::size_t input) const { return graph.values[node.inputs[input]].shape; }
  const Weight& weight(std::size_t index) const { return graph.weights[node.weights[index]]; }

  template <class... Parts>
  std::unexpected<Error> wrong(const Parts&... parts) const {
    return fail(ErrorKind::badInput, "graph: ", opInfo(node.op).name, " of ", output().name, ": ", parts...);
  }
  Result<void> expectShape(const Shape& found, const Shape& expected, std::string_view what) const {
    if (found == expected) return {};
    return wrong(what, " is ", toString(found), ", expected ", toString(expected));
  }
  Result<void> expectWeight(std::size_t index, const std::vector<std::uint64_t>& expected) const {
    if (weight(index).shape == expected) return {};
    std::string found;
    for (const std::uint64_t size : weight(index).shape) found += concat(found.empty() ? "" : ", ", size);
    std::string wanted;
    for (const std::uint64_t size : expected) wanted += concat(wanted.empty() ? "" : ", ", size);
    return wrong(weight(index).name, " is (", found, "), expected (", wanted, ")");
  }
  template <class T>
  Result<const T*> attributes() const {
    if (const T* found = std::get_if<T>(&node.attributes)) return found;
    return wrong("has attributes of another op");
  }
};

std::uint64_t rowSize(const Shape& shape) {
  std::uint64_t size = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) size *= shape[i].size;
  return size;
}

bool isHeads(const Shape& shape) { return shape.size() == 3 && shape.front() == Dim::tokens(); }

Result<void> checkEmbed(const Checker& c) {
  TRY(c.expectShape(c.output().shape, {Dim::tokens(), Dim::of(c.graph.width)}, "its shape"));
  return c.expectWeight(0, {c.graph.vocabulary, c.graph.width});
}

Result<void> checkRmsNorm(const Checker& c) {
  const auto* attributes = TRY(c.attributes<NormAttributes>());
  if (!(attributes->epsilon >= 0)) return c.wrong("epsilon ", attributes->epsilon, " is not a number from 0");
  TRY(c.expectShape(c.output().shape, c.shape(0), "its shape"));
  return c.expectWeight(0, {c.shape(0).back().size});
}

Result<void> checkLinear(const Checker& c) {
  const Shape& shape = c.output().shape;
  if (shape.front() != c.shape(0).front())
    return c.wrong("has shape ", toString(shape), " over an input ", toString(c.shape(0)));
  TRY(c.expectWeight(0, {rowSize(shape), rowSize(c.shape(0))}));
  if (c.node.weights[1] == kNone) return {};
  return c.expectWeight(1, {rowSize(shape)});
}

Result<void> checkRope(const Checker& c) {
  const auto* attributes = TRY(c.attributes<RopeAttributes>());
  TRY(c.expectShape(c.output().shape, c.shape(0), "its shape"));
  if (!isHeads(c.shape(0)))
    return c.wrong("its input is ", toString(c.shape(0)), ", expected (T, heads, width)");
  if (attributes->frequency.empty() || attributes->frequency.size() * 2 > c.shape(0).back().size)
    return c.wrong(attributes->frequency.size(), " frequencies for heads of width ", c.shape(0).back().size);
  return {};
}

Result<void> checkCachedAttention(const Checker& c) {
  const Graph& g = c.graph;
  const auto* attributes = TRY(c.attributes<AttentionAttributes>());
  if (attributes->layer >= g.layers) return c.wrong("layer ", attributes->layer, " of ", g.layers);
  if (g.keyValueHeads == 0 || g.queryHeads % g.keyValueHeads != 0)
    return c.wrong(g.queryHeads, " query heads cannot share ", g.keyValueHeads, " key-value heads");
  const Shape queries = {Dim::tokens(), Dim::of(g.queryHeads), Dim::of(g.headWidth)};
  TRY(c.expectShape(c.shape(0), queries, "its query"));
  return c.expectShape(c.output().shape, queries, "its shape");
}

Result<void> checkAttention(const Checker& c) {
  TRY(checkCachedAttention(c));
  const Shape keys = {Dim::tokens(), Dim::of(c.graph.keyValueHeads), Dim::of(c.graph.headWidth)};
  TRY(c.expectShape(c.shape(1), keys, "its key"));
  return c.expectShape(c.shape(2), keys, "its value");
}

Result<void> checkInput(const Checker& c) {
  if (c.output().shape.front() == Dim::tokens()) return {};
  return c.wrong("its shape is ", toString(c.output().shape), ", expected rows of T");
}

Result<void> checkElementwise(const Checker& c) {
  TRY(c.expectShape(c.shape(1), c.shape(0), "its second input"));
  return c.expectShape(c.output().shape, c.shape(0), "its shape");
}

Result<void> checkPickRows(const Checker& c) {
  Shape expected = c.shape(0);
  if (expected.front() != Dim::tokens())
    return c.wrong("its input is ", toString(expected), ", expected rows of T");
  expected.front() = Dim::wanted();
  return c.expectShape(c.output().shape, expected, "its shape");
}

Result<void> checkRoundInt8(const Checker& c) {
  const auto* attributes = TRY(c.attributes<RoundAttributes>());
  if (!(attributes->largest >= 0)) return c.wrong("its range ", attributes->largest, " is not a number from 0");
  return c.expectShape(c.output().shape, c.shape(0), "its shape");
}

struct Rule {
  Op op;
  Result<void> (*check)(const Checker&);
};
constexpr Rule kRules[] = {
    {Op::embed, checkEmbed},
    {Op::rmsNorm, checkRmsNorm},
    {Op::linear, checkLinear},
    {Op::rope, checkRope},
    {Op::attention, checkAttention},
    {Op::add, checkElementwise},
    {Op::swiglu, checkElementwise},
    {Op::pickRows, checkPickRows},
    {Op::roundInt8, checkRoundInt8},
    {Op::input, checkInput},
    {Op::attendCached, checkCachedAttention},
    {Op::lookCached, checkCachedAttention},
};
constexpr bool hasRulePerOp() {
  for (std::size_t i = 0; i < std::size(kRules); ++i)
    if (kRules[i].op != kOps[i].op) return false;
  return std::size(kRules) == kOpCount;
}
static_assert(hasRulePerOp());

/// Names, and shapes that are (T or R, fixed sizes ...) or, on demand, (heads, T, N).
Result<void> checkValues(const Graph& graph) {
  std::set<std::string_view> names;
  for (const Value& value : graph.values) {
    if (value.name.empty() || !names.insert(value.name).second)
      return fail(ErrorKind::badInput, "graph: the value name \"", value.name, "\" is empty or used twice");
    if (value.node < 0 || value.node >= std::ssize(graph.nodes))
      return fail(ErrorKind::badInput, "graph: ", value.name, " belongs to node ", value.node, " of ",
                  graph.nodes.size());
    const Node& node = graph.nodes[value.node];
    if (value.onDemand) {
      const Shape expected = {Dim::of(graph.queryHeads), Dim::tokens(), Dim::context()};
      if (!isAttention(node.op) || value.shape != expected ||
          !(value.name.ends_with(".scores") || value.name.ends_with(".pattern")))
        return fail(ErrorKind::badInput, "graph: ", value.name,
                    " is on demand, so expected attention's .scores or .pattern ", toString(expected));
      continue;
    }
    if (node.output != &value - graph.values.data())
      return fail(ErrorKind::badInput, "graph: ", value.name, " is not what its node ", value.node,
                  " computes");
    const Shape& shape = value.shape;
    bool valid = shape.size() >= 2 && (shape[0] == Dim::tokens() || shape[0] == Dim::wanted());
    std::uint64_t row = 1;
    for (std::size_t i = 1; valid && i < shape.size(); ++i) {
      valid =
          shape[i].symbol == Dim::Symbol::fixed && shape[i].size > 0 && shape[i].size <= kLargestRow / row;
      if (valid) row *= shape[i].size;
    }
    if (!valid)
      return fail(ErrorKind::badInput, "graph: ", value.name, " has shape ", toString(shape),
                  ", expected T or R rows of fixed sizes");
  }
  return {};
}

/// Operands exist, are as many as the op takes, and were computed before.
Result<void> checkOperands(const Graph& graph, std::size_t index, const std::vector<bool>& computed) {
  const Node& node = graph.nodes[index];
  if (node.output < 0 || node.output >= std::ssize(graph.values) ||
      graph.values[node.output].node != static_cast<std::int32_t>(index) ||
      graph.values[node.output].onDemand)
    return fail(ErrorKind::badInput, "graph: node ", index, " has no output value of its own");
  const Checker c{graph, node};
  const OpInfo& info = opInfo(node.op);
  if (node.inputs.size() != info.inputs || node.weights.size() != info.weights)
    return c.wrong("has ", node.inputs.size(), " inputs and ", node.weights.size(), " weights, expected ",
                   +info.inputs, " and ", +info.weights);
  for (const ValueId id : node.inputs) {
    if (id < 0 || id >= std::ssize(graph.values))
      return c.wrong("reads value ", id, " of ", graph.values.size());
    if (graph.values[id].onDemand) return c.wrong("reads ", graph.values[id].name, ", which is never stored");
    if (!computed[id]) return c.wrong("reads ", graph.values[id].name, " before it is computed");
  }
  for (std::size_t i = 0; i < node.weights.size(); ++i) {
    const bool optional = i + info.optionalWeights >= node.weights.size();
    if (node.weights[i] == kNone ? !optional
                                 : node.weights[i] < 0 || node.weights[i] >= std::ssize(graph.weights))
      return c.wrong("reads weight ", node.weights[i], " of ", graph.weights.size());
  }
  return {};
}

}  // namespace

Result<void> validate(const Graph& graph) {
  for (const Node& node : graph.nodes)
    if (static_cast<std::size_t>(node.op) >= kOpCount)
      return fail(ErrorKind::badInput, "graph: op ", static_cast<int>(node.op), " does not exist");
  TRY(checkValues(graph));
  std::vector<bool> computed(graph.values.size());
  std::set<std::uint32_t> cachedLayers;
  for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
    const Node& node = graph.nodes[index];
    TRY(checkOperands(graph, index, computed));
    const Checker c{graph, node};
    TRY(kRules[static_cast<std::size_t>(node.op)].check(c));
    if (computed[node.output]) return c.wrong("computes a value that another node computes");
    if (isAttention(node.op) &&
        !cachedLayers.insert(std::get<AttentionAttributes>(node.attributes).layer).second)
      return c.wrong("uses the cache of a layer that another attention uses");
    computed[node.output] = true;
  }
  const ValueId logits = graph.logits();
  const Shape expected = {Dim::wanted(), Dim::of(graph.vocabulary)};
  if (logits != kNone && graph.values[logits].shape != expected)
    return fail(ErrorKind::badInput, "graph: logits have shape ", toString(graph.values[logits].shape),
                ", expected ", toString(expected));
  return {};
}

}  // namespace cutaway
