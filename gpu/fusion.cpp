#include "gpu/fusion.h"

#include <algorithm>

#include "gpu/op_table.h"
#include "gpu/ops/attention.h"
#include "gpu/ops/linear.h"

namespace cutaway::gpu {
namespace {

class Matcher {
 public:
  Matcher(const PlanContext& context, Part part, RowClass rows, const std::set<ValueId>& kept,
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

  const PlanContext& context() const { return m_context; }
  const Graph& graph() const { return m_context.graph; }
  bool one() const { return m_rows == RowClass::one; }
  bool tail() const { return m_part == Part::tail; }
  std::size_t indexOf(const Node& node) const {
    return static_cast<std::size_t>(&node - graph().nodes.data());
  }

  /// The node that makes `value`, if it does this op, is still free, and its value is read `uses` times and
  /// need not be stored.
  const Node* swallowable(ValueId value, Op op, std::uint32_t uses = 1) const {
    const Node& node = graph().nodes[graph().values[value].node];
    const bool free = !m_plan.absorbed.contains(indexOf(node)) && !m_plan.byAnchor.contains(indexOf(node));
    const bool stored = m_kept.contains(value) || m_context.crossing.contains(value);
    return node.op == op && free && !stored && m_uses[value] == uses && partOf(graph(), node) == m_part
               ? &node
               : nullptr;
  }

  /// The norm over whole rows that makes x for all `readers`, where it can be folded into them.
  const Node* foldableNorm(ValueId x, std::size_t readers) const {
    if (!one()) return nullptr;
    const Node* norm = swallowable(x, Op::rmsNorm, static_cast<std::uint32_t>(readers));
    const bool wholeRows = norm && graph().values[x].shape.size() == 2;
    return wholeRows ? norm : nullptr;
  }

  /// The linears' matrices as one, and their biases: all of them have one, or none.
  bool joinLinears(Fusion& fusion) const {
    std::vector<const MatrixView*> matrices;
    std::vector<Slice> biases;
    for (const Node* linear : fusion.linears) {
      matrices.push_back(&m_context.tensor(linear->weights[0]).matrix);
      if (linear->weights[1] != kNone) biases.push_back(m_context.tensor(linear->weights[1]).vector);
    }
    fusion.matrix = joinRows(matrices, m_context.device->physical().limits().storageRange);
    if (!fusion.matrix || (!biases.empty() && biases.size() != matrices.size())) return false;
    if (biases.empty()) return true;
    for (std::size_t i = 0; i + 1 < matrices.size(); ++i)  // padding would come between two biases
      if (biases[i].size != std::uint64_t{matrices[i]->rows} * 4) return false;
    fusion.bias = joinVectors(biases);
    return fusion.bias.has_value();
  }

 private:
  const PlanContext& m_context;
  Part m_part;
  RowClass m_rows;
  const std::set<ValueId>& m_kept;
  FusionPlan& m_plan;
  std::vector<std::uint32_t> m_uses;
};

// ---- names for measurements

/// "blk.3.attn.q" is "attn.q".
std::string kindOf(const Graph& graph, const Node& node) {
  const std::string& name = graph.values[node.output].name;
  const std::string prefix = concat("blk.", node.layer, ".");
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

/// Everything a fusion makes, or what its norm and linears make.
std::string kindOf(const Graph& graph, const Fusion& fusion, bool withAnchor = true) {
  std::vector<const Node*> nodes = {fusion.norm};
  nodes.insert(nodes.end(), fusion.linears.begin(), fusion.linears.end());
  if (withAnchor && fusion.anchor != nodes.back()) nodes.push_back(fusion.anchor);
  std::string kind;
  for (const Node* node : nodes)
    if (node) kind += (kind.empty() ? "" : ", ") + kindOf(graph, *node);
  return kind;
}

// ---- q, k, v, rotation and attention: one projection into a value that holds q, k and v side by side

const RopeAttributes& ropeOf(const Node& node) { return std::get<RopeAttributes>(node.attributes); }

bool matchAttention(const Matcher& m, const Node& attention, Fusion& fusion) {
  const Node* ropeQ = m.swallowable(attention.inputs[0], Op::rope);
  const Node* ropeK = m.swallowable(attention.inputs[1], Op::rope);
  if (!ropeQ || !ropeK || ropeOf(*ropeQ).halves != ropeOf(*ropeK).halves) return false;
  const StepBuffers& steps = *m.context().steps;
  if (steps.ropeIndex(ropeOf(*ropeQ)) != steps.ropeIndex(ropeOf(*ropeK))) return false;
  fusion.ropes = {ropeQ, ropeK};
  fusion.linears = {m.swallowable(ropeQ->inputs[0], Op::linear), m.swallowable(ropeK->inputs[0], Op::linear),
                    m.swallowable(attention.inputs[2], Op::linear)};
  for (const Node* linear : fusion.linears)
    if (!linear || linear->inputs[0] != fusion.linears[0]->inputs[0]) return false;
  if (!m.joinLinears(fusion)) return false;
  fusion.norm = m.foldableNorm(fusion.linears[0]->inputs[0], 3);
  return true;
}

void foldNorm(ProgramBuilder& builder, const Fusion& fusion, LinearCall& call) {
  if (!fusion.norm) return;
  call.normWeight = builder.context().tensor(fusion.norm->weights[0]).vector;
  call.epsilon = std::get<NormAttributes>(fusion.norm->attributes).epsilon;
}

/// Launches of one row hold what they do not store: room for it, and the word that asks for it.
void foldTaps(ProgramBuilder& builder, const Fusion& fusion, std::span<const Node* const> inner,
              LinearCall& call) {
  if (!builder.one() || (!fusion.norm && inner.empty())) return;
  const std::uint32_t columns = fusion.norm ? builder.context().rowElements(fusion.norm->output) : 0;
  std::uint64_t floats = (columns + 3) / 4 * 4;
  call.innerAt = static_cast<std::uint32_t>(floats);
  for (const Node* node : inner) floats += builder.context().rowElements(node->output);
  const Arena::Id id = builder.scratch(floats * 4);
  call.taps = Operand{id, {}, false, true};
  call.tapWord = builder.tapWord(fusion.linears.front());
  if (fusion.norm) builder.holds(fusion.norm->output, id, 0, call.tapWord, kTapNorm);
  std::uint64_t first = call.innerAt;
  for (const Node* node : inner) {
    builder.holds(node->output, id, first, call.tapWord, kTapInner);
    first += builder.context().rowElements(node->output);
  }
}

/// What the first node of the fusion reads.
ValueId inputOf(const Fusion& fusion) {
  if (fusion.pick) return fusion.pick->inputs[0];
  return fusion.norm ? fusion.norm->inputs[0] : fusion.linears[0]->inputs[0];
}

/// Where q and k lie once they are rotated, as they did before: for many rows in their old place, for one in
/// another, so that all of them can be seen.
Arena::Id rotatedPlace(ProgramBuilder& builder, const Fusion& fusion, Arena::Id qkv) {
  if (!builder.one()) return qkv;
  const auto width = [&](const Node* node) { return builder.context().rowElements(node->output); };
  const std::uint32_t keys = width(fusion.linears[0]), values = keys + width(fusion.linears[1]);
  const Arena::Id rotated = builder.scratch(std::uint64_t{values} * 4);
  builder.holds(fusion.linears[0]->output, qkv, 0);
  builder.holds(fusion.linears[1]->output, qkv, keys);
  builder.holds(fusion.linears[2]->output, qkv, values);
  builder.holds(fusion.ropes[0]->output, rotated, 0);
  builder.holds(fusion.ropes[1]->output, rotated, keys, builder.tapWord(fusion.ropes[1]), kTapInner);
  return rotated;
}

Result<void> emitFusedAttention(ProgramBuilder& builder, const Fusion& fusion) {
  const PlanContext& context = builder.context();
  const Graph& graph = context.graph;
  const std::uint32_t stride = fusion.matrix->rows;
  const Arena::Id qkv = builder.scratch(std::uint64_t{builder.rowCapacity()} * stride * 4);
  LinearCall call{.matrix = *fusion.matrix,
                  .x = builder.reads(inputOf(fusion)),
                  .out = builder.scratchWrite(qkv),
                  .bias = fusion.bias};
  foldNorm(builder, fusion, call);
  foldTaps(builder, fusion, {}, call);
  builder.setKind(kindOf(graph, fusion, false));
  TRY(emitLinearCall(builder, call));

  builder.setKind("rotation, cache");
  const RopeAttributes& rope = ropeOf(*fusion.ropes[0]);
  const Arena::Id rotated = rotatedPlace(builder, fusion, qkv);
  const std::uint32_t layer = std::get<AttentionAttributes>(fusion.anchor->attributes).layer;
  const RopeStoreParams params{.rowBase = 0,
                               .heads = graph.queryHeads,
                               .keyHeads = graph.keyValueHeads,
                               .headWidth = graph.headWidth,
                               .pairs = static_cast<std::uint32_t>(rope.frequency.size()),
                               .halves = rope.halves,
                               .tapWord = builder.tapWord(fusion.ropes[1])};
  TRY(builder.launch(
      Kernel::ropeStore, context.cache->shape().format, {},
      {builder.fixedRead(context.steps->records()), builder.scratchRead(qkv),
       builder.fixedRead(context.steps->angles(context.steps->ropeIndex(rope))),
       builder.fixedWrite(context.cache->keys(layer)), builder.fixedWrite(context.cache->values(layer)),
       builder.scratchWrite(rotated), builder.tapWords()},
      params, {builder.rowExtent(), Extent::of(graph.queryHeads + 2 * graph.keyValueHeads), {}}));
  builder.setKind(kindOf(graph, *fusion.anchor));
  return emitAttentionRead(builder, *fusion.anchor, builder.scratchRead(rotated), stride);
}

// ---- gate, up and swiglu in one launch

bool matchSwiglu(const Matcher& m, const Node& swiglu, Fusion& fusion) {
  fusion.linears = {m.swallowable(swiglu.inputs[0], Op::linear), m.swallowable(swiglu.inputs[1], Op::linear)};
  for (const Node* linear : fusion.linears)
    if (!linear || linear->inputs[0] != fusion.linears[0]->inputs[0] || linear->weights[1] != kNone)
      return false;
  if (!m.joinLinears(fusion)) return false;
  fusion.norm = m.foldableNorm(fusion.linears[0]->inputs[0], 2);
  return true;
}

Result<void> emitFusedSwiglu(ProgramBuilder& builder, const Fusion& fusion) {
  LinearCall call{.matrix = *fusion.matrix,
                  .x = builder.reads(inputOf(fusion)),
                  .out = builder.writes(fusion.anchor->output),
                  .swiglu = true};
  foldNorm(builder, fusion, call);
  foldTaps(builder, fusion, fusion.linears, call);
  return emitLinearCall(builder, call);
}

// ---- linear, then the residual

bool matchResidual(const Matcher& m, const Node& add, Fusion& fusion) {
  if (add.inputs[0] == add.inputs[1]) return false;
  for (const ValueId input : add.inputs)
    if (const Node* linear = m.swallowable(input, Op::linear)) {
      fusion.linears = {linear};
      return true;
    }
  return false;
}

Result<void> emitFusedResidual(ProgramBuilder& builder, const Fusion& fusion) {
  const PlanContext& context = builder.context();
  const Node& linear = *fusion.linears[0];
  const ValueId other = fusion.anchor->inputs[fusion.anchor->inputs[0] == linear.output ? 1 : 0];
  LinearCall call{.matrix = context.tensor(linear.weights[0]).matrix,
                  .x = builder.reads(linear.inputs[0]),
                  .out = builder.writes(fusion.anchor->output),
                  .residual = builder.reads(other)};
  if (linear.weights[1] != kNone) call.bias = context.tensor(linear.weights[1]).vector;
  foldTaps(builder, fusion, fusion.linears, call);
  return emitLinearCall(builder, call);
}

// ---- norm, then linear; at the tail the choice of the wanted row as well

bool matchNormLinear(const Matcher& m, const Node& linear, Fusion& fusion) {
  fusion.norm = m.foldableNorm(linear.inputs[0], 1);
  if (!fusion.norm) return false;
  fusion.linears = {&linear};
  if (m.tail()) fusion.pick = m.swallowable(fusion.norm->inputs[0], Op::pickRows);
  return true;
}

Result<void> emitNormLinear(ProgramBuilder& builder, const Fusion& fusion) {
  const PlanContext& context = builder.context();
  const Node& linear = *fusion.anchor;
  LinearCall call{.matrix = context.tensor(linear.weights[0]).matrix,
                  .x = builder.reads(inputOf(fusion)),
                  .out = builder.writes(linear.output),
                  .picked = fusion.pick != nullptr};
  if (linear.output == context.graph.logits()) call.outStride = logitStride(context.graph.vocabulary);
  if (linear.weights[1] != kNone) call.bias = context.tensor(linear.weights[1]).vector;
  foldNorm(builder, fusion, call);
  foldTaps(builder, fusion, {}, call);
  if (fusion.pick) builder.holdsPicked(fusion.pick->output, fusion.pick->inputs[0]);
  return emitLinearCall(builder, call);
}

// ---- the table

struct Pattern {
  const char* name;
  Op anchor;
  bool (*match)(const Matcher&, const Node& anchor, Fusion&);
  Result<void> (*emit)(ProgramBuilder&, const Fusion&);
};
/// Tried in this order over all nodes, so that the larger patterns come first.
constexpr Pattern kPatterns[] = {
    {"projections, rotation, attention", Op::attention, matchAttention, emitFusedAttention},
    {"gate, up, swiglu", Op::swiglu, matchSwiglu, emitFusedSwiglu},
    {"linear, residual", Op::add, matchResidual, emitFusedResidual},
    {"norm, linear", Op::linear, matchNormLinear, emitNormLinear},
};

void accept(const Matcher& m, Fusion fusion, FusionPlan& plan) {
  std::vector<const Node*> absorbed = fusion.linears;
  absorbed.insert(absorbed.end(), fusion.ropes.begin(), fusion.ropes.end());
  for (const Node* node : {fusion.norm, fusion.pick})
    if (node) absorbed.push_back(node);
  for (const Node* node : absorbed) {
    if (node == fusion.anchor) continue;
    plan.absorbed.insert(m.indexOf(*node));
    plan.swallowed.insert(node->output);
  }
  const std::size_t anchor = m.indexOf(*fusion.anchor);
  plan.byAnchor.emplace(anchor, std::move(fusion));
}

}  // namespace

Part partOf(const Graph& graph, const Node& node) {
  return graph.values[node.output].shape.front() == Dim::wanted() ? Part::tail : Part::body;
}

FusionPlan planFusions(const PlanContext& context, Part part, RowClass rows, const std::set<ValueId>& kept) {
  FusionPlan plan;
  const Matcher matcher(context, part, rows, kept, plan);
  for (const Pattern& pattern : kPatterns)
    for (const Node& node : context.graph.nodes) {
      if (node.op != pattern.anchor || partOf(context.graph, node) != part) continue;
      if (plan.absorbed.contains(matcher.indexOf(node))) continue;
      Fusion fusion{.name = pattern.name, .emit = pattern.emit, .anchor = &node};
      if (pattern.match(matcher, node, fusion)) accept(matcher, std::move(fusion), plan);
    }
  return plan;
}

namespace {

/// All launches of a part.
Result<void> emitPart(ProgramBuilder& builder, Part part, const FusionPlan& plan) {
  const PlanContext& context = builder.context();
  for (std::size_t i = 0; i < context.graph.nodes.size(); ++i) {
    const Node& node = context.graph.nodes[i];
    if (partOf(context.graph, node) != part || plan.absorbed.contains(i)) continue;
    builder.setLayer(node.layer);
    const auto fusion = plan.byAnchor.find(i);
    builder.setKind(fusion != plan.byAnchor.end() ? kindOf(context.graph, fusion->second)
                                                  : kindOf(context.graph, node));
    TRY(fusion != plan.byAnchor.end() ? fusion->second.emit(builder, fusion->second)
                                      : emitterFor(node.op)(builder, node));
  }
  if (part == Part::tail && context.graph.logits() != kNone) {
    builder.setKind("top logits");
    TRY(emitLogitSummary(builder));
  }
  return {};
}

}  // namespace

Result<std::vector<KernelVariant>> programVariants(PlanContext& context, Part part, RowClass rows) {
  ProgramBuilder builder(context, part, rows);
  TRY(emitPart(builder, part, planFusions(context, part, rows, {})));
  return builder.variants();
}

Result<std::shared_ptr<Program>> compileProgram(PlanContext& context, Part part, RowClass rows,
                                                const std::set<ValueId>& kept) {
  FusionPlan plan = planFusions(context, part, rows, kept);
  ProgramBuilder builder(context, part, rows);
  TRY(emitPart(builder, part, plan));
  return std::shared_ptr<Program>(TRY(builder.finish(std::move(plan.swallowed))));
}

}  // namespace cutaway::gpu
