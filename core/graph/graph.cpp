#include "core/graph/graph.h"

#include <algorithm>
#include <array>

namespace cutaway {
namespace {

std::string toString(const Dim& dim) {
  switch (dim.symbol) {
    case Dim::Symbol::fixed:
      return std::to_string(dim.size);
    case Dim::Symbol::T:
      return "T";
    case Dim::Symbol::N:
      return "N";
    case Dim::Symbol::R:
      return "R";
  }
  return {};
}

/// "blk.0.attn.norm, blk.0.attn_q.weight"; ids outside the graph are shown as they are.
std::string operands(const Graph& graph, const Node& node) {
  std::string text;
  const auto append = [&text](const std::string& name) { text += (text.empty() ? "" : ", ") + name; };
  for (const ValueId id : node.inputs)
    append(id >= 0 && id < std::ssize(graph.values) ? graph.values[id].name : concat("value ", id));
  for (const WeightId id : node.weights)
    if (id != kNone)
      append(id >= 0 && id < std::ssize(graph.weights) ? graph.weights[id].name : concat("weight ", id));
  return text;
}

using Row = std::array<std::string, 4>;  ///< name, shape, op, operands

Row describe(const Graph& graph, const Value& value) {
  if (value.node < 0 || value.node >= std::ssize(graph.nodes))
    return {value.name, toString(value.shape), "", ""};
  const Node& node = graph.nodes[value.node];
  if (value.onDemand) return {value.name, toString(value.shape), opInfo(node.op).name, "(when asked for)"};
  return {value.name, toString(value.shape), opInfo(node.op).name, operands(graph, node)};
}

}  // namespace

std::string toString(const Shape& shape) {
  std::string text = "(";
  for (const Dim& dim : shape) text += (text.size() > 1 ? ", " : "") + toString(dim);
  return text + ")";
}

ValueId Graph::find(std::string_view name) const {
  const auto found = std::ranges::find(values, name, &Value::name);
  return found == values.end() ? kNone : static_cast<ValueId>(found - values.begin());
}

std::string toString(const Graph& graph) {
  std::vector<Row> rows;
  std::array<std::size_t, 3> widths{};
  for (const Value& value : graph.values) {
    rows.push_back(describe(graph, value));
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], rows.back()[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i)
      text += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    text += row[3] + "\n";
  }
  return text;
}

}  // namespace cutaway
