#include "core/inspect/residual_terms.h"

#include <algorithm>

#include "core/graph/rounded_inputs.h"

namespace cutaway {
namespace {

const Node& nodeOf(const Graph& graph, ValueId value) { return graph.nodes[graph.values[value].node]; }

ResidualTerm termOf(const Graph& graph, ValueId value) {
  const Node& node = nodeOf(graph, value);
  ResidualTerm term{.value = value, .layer = node.layer};
  if (node.op == Op::embed) term.kind = ResidualTerm::Kind::embedding;
  const std::string& name = graph.values[value].name;
  if (name.ends_with(".ffn.out")) term.kind = ResidualTerm::Kind::feedForward;
  if (name.ends_with(".attn.out")) term.kind = ResidualTerm::Kind::attention;
  if (node.op == Op::linear && nodeOf(graph, beforeRounding(graph, node.inputs[0])).op == Op::attention) {
    term.heads = node.inputs[0];
    term.projection = node.weights[0];
    term.bias = node.weights[1];
  }
  return term;
}

/// Additions are taken apart down to what something else computed.
void collect(const Graph& graph, ValueId value, std::vector<ResidualTerm>& terms) {
  const Node& node = nodeOf(graph, value);
  if (node.op != Op::add) return terms.push_back(termOf(graph, value));
  collect(graph, node.inputs[0], terms);
  collect(graph, node.inputs[1], terms);
}

}  // namespace

Result<ResidualSum> residualSum(const Graph& graph) {
  const auto refuse = [](const char* why) {
    return fail(ErrorKind::badInput, "logits cannot be told apart into what pushed them: ", why,
                "; expected a sum of blocks, an RMS norm and a matrix");
  };
  if (graph.logits() == kNone) return refuse("the model has none");
  const Node& output = nodeOf(graph, graph.logits());
  if (output.op != Op::linear) return refuse("they are not made by a matrix");
  const Node& norm = nodeOf(graph, beforeRounding(graph, output.inputs[0]));
  if (norm.op != Op::rmsNorm) return refuse("what the last matrix reads is not an RMS norm");
  const Node& pick = nodeOf(graph, norm.inputs[0]);
  if (pick.op != Op::pickRows) return refuse("the last norm does not read the residual stream");
  ResidualSum sum;
  sum.last = pick.output;
  sum.epsilon = std::get<NormAttributes>(norm.attributes).epsilon;
  sum.norm = norm.weights[0];
  sum.output = output.weights[0];
  sum.outputBias = output.weights[1];
  collect(graph, pick.inputs[0], sum.terms);
  return sum;
}

}  // namespace cutaway
