#include "gpu/fusion.h"

#include <algorithm>

#include "gpu/fusion_parts.h"
#include "gpu/op_table.h"

namespace cutaway::gpu {
namespace {

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
  foldTaps(builder, fusion.norm, fusion.linears, fusion.linears.front(), call);
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
  foldTaps(builder, fusion.norm, fusion.linears, fusion.linears.front(), call);
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
  foldTaps(builder, fusion.norm, {}, fusion.linears.front(), call);
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
  absorbed.insert(absorbed.end(), fusion.headNorms.begin(), fusion.headNorms.end());
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
