#include "gpu/fusion_parts.h"

namespace cutaway::gpu {

Matcher::Matcher(const PlanContext& context, Part part, RowClass rows, const std::set<ValueId>& kept,
                 FusionPlan& plan)
    : m_context(context),
      m_part(part),
      m_rows(rows),
      m_kept(kept),
      m_plan(plan),
      m_uses(context.graph.values.size()) {
  for (const Node& node : context.graph.nodes)
    for (const ValueId input : node.inputs) ++m_uses[input];
}

const Node* Matcher::swallowable(ValueId value, Op op, std::uint32_t uses) const {
  const Node& node = graph().nodes[graph().values[value].node];
  const bool free = !m_plan.absorbed.contains(indexOf(node)) && !m_plan.byAnchor.contains(indexOf(node));
  const bool stored = m_kept.contains(value) || m_context.crossing.contains(value);
  return node.op == op && free && !stored && m_uses[value] == uses && partOf(graph(), node) == m_part
             ? &node
             : nullptr;
}

const Node* Matcher::foldableNorm(ValueId x, std::size_t readers) const {
  if (!one()) return nullptr;
  const Node* norm = swallowable(x, Op::rmsNorm, static_cast<std::uint32_t>(readers));
  const bool wholeRows = norm && graph().values[x].shape.size() == 2;
  return wholeRows ? norm : nullptr;
}

bool Matcher::joinBiases(Fusion& fusion) const {
  std::vector<Slice> biases;
  for (const Node* linear : fusion.linears)
    if (linear->weights[1] != kNone) biases.push_back(m_context.tensor(linear->weights[1]).vector);
  if (biases.empty()) return true;
  if (biases.size() != fusion.linears.size()) return false;
  std::uint32_t rows = 0;
  for (std::size_t i = 0; i + 1 < biases.size() && i < fusion.biasEnds.size(); ++i)
    fusion.biasEnds[i] = rows += m_context.tensor(fusion.linears[i]->weights[0]).matrix.rows;
  fusion.bias = joinVectors(biases);
  return fusion.bias.has_value();
}

bool Matcher::joinLinears(Fusion& fusion) const {
  std::vector<const MatrixView*> matrices;
  for (const Node* linear : fusion.linears) matrices.push_back(&m_context.tensor(linear->weights[0]).matrix);
  fusion.matrix = joinRows(matrices, m_context.device->physical().limits().storageRange);
  return fusion.matrix && joinBiases(fusion);
}

bool Matcher::joinParts(Fusion& fusion) const {
  if (!joinBiases(fusion)) return false;
  std::vector<const MatrixView*> matrices;  // of the last part
  std::uint32_t firstRow = 0;
  for (const Node* linear : fusion.linears) {
    matrices.push_back(&m_context.tensor(linear->weights[0]).matrix);
    auto joined = joinRows(matrices, m_context.device->physical().limits().storageRange);
    if (!joined || matrices.size() == 1) {
      if (!fusion.parts.empty()) firstRow = fusion.parts.back().matrix.rows;
      matrices = {matrices.back()};
      joined = *matrices.back();
      fusion.parts.emplace_back();
    }
    for (MatrixSection& section : joined->sections) section.firstRow += firstRow;
    joined->rows += firstRow;
    fusion.parts.back().matrix = std::move(*joined);
    fusion.parts.back().linears.push_back(linear);
  }
  return true;
}

std::string kindOf(const Graph& graph, const Node& node) {
  const std::string& name = graph.values[node.output].name;
  const std::string prefix = concat("blk.", node.layer, ".");
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

std::string kindOf(const Graph& graph, const Node* norm, std::vector<const Node*> nodes) {
  if (norm) nodes.insert(nodes.begin(), norm);
  std::string kind;
  for (const Node* node : nodes) kind += (kind.empty() ? "" : ", ") + kindOf(graph, *node);
  return kind;
}

std::string kindOf(const Graph& graph, const Fusion& fusion) {
  std::vector<const Node*> nodes = fusion.linears;
  if (fusion.anchor != nodes.back()) nodes.push_back(fusion.anchor);
  return kindOf(graph, fusion.norm, std::move(nodes));
}

float epsilonOf(const Node& norm) { return std::get<NormAttributes>(norm.attributes).epsilon; }

void foldNorm(ProgramBuilder& builder, const Fusion& fusion, LinearCall& call) {
  if (!fusion.norm) return;
  call.normWeight = builder.context().tensor(fusion.norm->weights[0]).vector;
  call.epsilon = epsilonOf(*fusion.norm);
}

void foldTaps(ProgramBuilder& builder, const Node* norm, std::span<const Node* const> inner, const Node* word,
              LinearCall& call) {
  if (!builder.one() || (!norm && inner.empty())) return;
  const std::uint32_t columns = norm ? builder.context().rowElements(norm->output) : 0;
  std::uint64_t floats = (columns + 3) / 4 * 4;
  call.innerAt = static_cast<std::uint32_t>(floats);
  const std::uint32_t skipped = call.matrix.sections.front().firstRow;  // rows of other launches
  floats += skipped;
  for (const Node* node : inner) floats += builder.context().rowElements(node->output);
  const Arena::Id id = builder.scratch(floats * 4);
  call.taps = Operand{id, {}, false, true};
  call.tapWord = builder.tapWord(word);
  if (norm) builder.holds(norm->output, id, 0, call.tapWord, kTapNorm);
  std::uint64_t first = call.innerAt + skipped;
  for (const Node* node : inner) {
    builder.holds(node->output, id, first, call.tapWord, kTapInner);
    first += builder.context().rowElements(node->output);
  }
}

ValueId inputOf(const Fusion& fusion) {
  if (fusion.pick) return fusion.pick->inputs[0];
  return fusion.norm ? fusion.norm->inputs[0] : fusion.linears[0]->inputs[0];
}

}  // namespace cutaway::gpu
