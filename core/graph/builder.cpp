#include "core/graph/builder.h"

#include <algorithm>

namespace cutaway {

GraphBuilder::GraphBuilder(const Sizes& sizes) {
  m_graph.layers = sizes.layers;
  m_graph.queryHeads = sizes.queryHeads;
  m_graph.keyValueHeads = sizes.keyValueHeads;
  m_graph.headWidth = sizes.headWidth;
  m_graph.width = sizes.width;
  m_graph.vocabulary = sizes.vocabulary;
}

void GraphBuilder::layer(std::uint32_t index) { m_layer = static_cast<std::int32_t>(index); }

void GraphBuilder::noLayer() { m_layer = kNone; }

ValueId GraphBuilder::embed(std::string_view name, std::string_view table) {
  const WeightId id = weight(concat(table, ".weight"), {m_graph.vocabulary, m_graph.width}, false, true);
  return append(name, {Dim::tokens(), Dim::of(m_graph.width)}, Op::embed, {}, {id});
}

ValueId GraphBuilder::rmsNorm(std::string_view name, ValueId x, std::string_view scale, float epsilon) {
  const Shape shape = m_graph.values[x].shape;
  const WeightId id = weight(concat(scale, ".weight"), {shape.back().size}, false, false);
  return append(name, shape, Op::rmsNorm, {x}, {id}, NormAttributes{epsilon});
}

ValueId GraphBuilder::linear(std::string_view name, ValueId x, std::string_view matrix, std::uint32_t outputs,
                             std::string_view bias, std::uint32_t heads) {
  const Shape& input = m_graph.values[x].shape;
  std::uint64_t columns = 1;
  for (std::size_t i = 1; i < input.size(); ++i) columns *= input[i].size;
  Shape shape = {input.front(), Dim::of(outputs)};
  if (heads > 0) shape = {input.front(), Dim::of(heads), Dim::of(outputs / heads)};
  const WeightId matrixId = weight(concat(matrix, ".weight"), {outputs, columns}, true, false);
  const WeightId biasId = bias.empty() ? kNone : weight(concat(bias, ".bias"), {outputs}, false, false);
  return append(name, std::move(shape), Op::linear, {x}, {matrixId, biasId});
}

ValueId GraphBuilder::rope(std::string_view name, ValueId x, const RopeAttributes& attributes) {
  return append(name, m_graph.values[x].shape, Op::rope, {x}, {}, attributes);
}

ValueId GraphBuilder::attention(std::string_view name, ValueId q, ValueId k, ValueId v, float scale) {
  const AttentionAttributes attributes{static_cast<std::uint32_t>(std::max(m_layer, 0)), scale};
  const Shape shape = m_graph.values[q].shape;
  const ValueId z = append(name, shape, Op::attention, {q, k, v}, {}, attributes);
  const Shape pattern = {shape[1], Dim::tokens(), Dim::context()};
  for (const char* onDemand : {"attn.scores", "attn.pattern"})
    m_graph.values.push_back({prefixed(onDemand), pattern, m_graph.values[z].node, true});
  return z;
}

ValueId GraphBuilder::add(std::string_view name, ValueId x, ValueId y) {
  return append(name, m_graph.values[x].shape, Op::add, {x, y});
}

ValueId GraphBuilder::swiglu(std::string_view name, ValueId gate, ValueId up) {
  return append(name, m_graph.values[gate].shape, Op::swiglu, {gate, up});
}

ValueId GraphBuilder::pickRows(std::string_view name, ValueId x) {
  Shape shape = m_graph.values[x].shape;
  shape.front() = Dim::wanted();
  return append(name, std::move(shape), Op::pickRows, {x});
}

Graph GraphBuilder::finish() && { return std::move(m_graph); }

ValueId GraphBuilder::append(std::string_view name, Shape shape, Op op, std::vector<ValueId> inputs,
                             std::vector<WeightId> weights, Attributes attributes) {
  const auto id = static_cast<ValueId>(m_graph.values.size());
  m_graph.values.push_back(
      {prefixed(name), std::move(shape), static_cast<std::int32_t>(m_graph.nodes.size()), false});
  m_graph.nodes.push_back({op, std::move(inputs), std::move(weights), id, m_layer, std::move(attributes)});
  return id;
}

WeightId GraphBuilder::weight(std::string_view name, std::vector<std::uint64_t> shape, bool matrix,
                              bool table) {
  const std::string full = prefixed(name);
  const auto [entry, isNew] = m_weightIds.try_emplace(full, static_cast<WeightId>(m_graph.weights.size()));
  if (isNew) m_graph.weights.push_back({full, std::move(shape), false, false});
  Weight& weight = m_graph.weights[entry->second];
  weight.isMatrix |= matrix;
  weight.isTable |= table;
  return entry->second;
}

std::string GraphBuilder::prefixed(std::string_view name) const {
  return m_layer == kNone ? std::string(name) : concat("blk.", m_layer, ".", name);
}

}  // namespace cutaway
