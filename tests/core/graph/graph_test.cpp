#include "core/graph/graph.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/graph/builder.h"

using namespace cutaway;

namespace {

Graph smallGraph() {
  GraphBuilder g(
      {.layers = 1, .width = 8, .queryHeads = 4, .keyValueHeads = 2, .headWidth = 2, .vocabulary = 10});
  const ValueId x = g.embed("embed", "token_embd");
  g.layer(0);
  const RopeAttributes rope{false, {1.0f}, 1.0f};
  const ValueId q = g.rope("attn.q", g.linear("attn.q_proj", x, "attn_q", 8, "attn_q", 4), rope);
  const ValueId k = g.linear("attn.k", x, "attn_k", 4, "", 2);
  const ValueId v = g.linear("attn.v", x, "attn_v", 4, "", 2);
  const ValueId z = g.attention("attn.z", q, k, v, 0.7f);
  const ValueId y = g.add("resid_mid", x, g.linear("attn.out", z, "attn_output", 8));
  g.noLayer();
  const ValueId last = g.pickRows("resid_final", y);
  g.linear("logits", g.rmsNorm("final_norm", last, "output_norm", 1e-5f), "token_embd", 10);
  return std::move(g).finish();
}

Node& nodeOf(Graph& graph, std::string_view name) { return graph.nodes[graph.values[graph.find(name)].node]; }

/// The error after a change that breaks the graph.
template <class Spoil>
std::string errorAfter(Spoil spoil) {
  Graph graph = smallGraph();
  spoil(graph);
  const auto result = validate(graph);
  REQUIRE_FALSE(result.has_value());
  return result.error().message;
}

}  // namespace

TEST_CASE("a built graph is valid, names its values and knows its weights") {
  const Graph graph = smallGraph();
  CHECK(validate(graph).has_value());
  CHECK(graph.find("blk.0.attn.q") != kNone);
  CHECK(graph.find("blk.1.attn.q") == kNone);
  CHECK(toString(graph.values[graph.find("blk.0.attn.q")].shape) == "(T, 4, 2)");
  CHECK(toString(graph.values[graph.find("blk.0.attn.pattern")].shape) == "(4, T, N)");
  CHECK(graph.values[graph.find("blk.0.attn.scores")].onDemand);
  CHECK(toString(graph.values[graph.logits()].shape) == "(R, 10)");
  REQUIRE(graph.weights.size() == 7);
  CHECK(graph.weights[0].name == "token_embd.weight");
  CHECK(graph.weights[0].isTable);
  CHECK(graph.weights[0].isMatrix);  // tied
  CHECK(graph.weights[2].name == "blk.0.attn_q.bias");
  CHECK(graph.weights[2].shape == std::vector<std::uint64_t>{8});
  CHECK_FALSE(graph.weights[2].isMatrix);
  CHECK(graph.weights[5].shape == std::vector<std::uint64_t>{8, 8});
}

TEST_CASE("a graph prints one aligned line per value") {
  const std::string text = toString(smallGraph());
  CHECK(text.starts_with(
      "embed               (T, 8)     embed      token_embd.weight\n"
      "blk.0.attn.q_proj   (T, 4, 2)  linear     embed, blk.0.attn_q.weight, blk.0.attn_q.bias\n"
      "blk.0.attn.q        (T, 4, 2)  rope       blk.0.attn.q_proj\n"));
  CHECK(text.find("blk.0.attn.pattern  (4, T, N)  attention  (when asked for)\n") != std::string::npos);
  CHECK(text.ends_with("logits              (R, 10)    linear     final_norm, token_embd.weight\n"));
}

TEST_CASE("a damaged graph is refused with a sentence") {
  CHECK(errorAfter([](Graph& g) { std::swap(g.nodes[1], g.nodes[2]); }).find("node") != std::string::npos);
  CHECK(errorAfter([](Graph& g) { nodeOf(g, "blk.0.attn.q_proj").inputs[0] = g.find("blk.0.attn.out"); }) ==
        "graph: linear of blk.0.attn.q_proj: reads blk.0.attn.out before it is computed");
  CHECK(errorAfter([](Graph& g) { nodeOf(g, "blk.0.attn.out").inputs[0] = g.find("blk.0.attn.pattern"); }) ==
        "graph: linear of blk.0.attn.out: reads blk.0.attn.pattern, which is never stored");
  CHECK(errorAfter([](Graph& g) { nodeOf(g, "blk.0.attn.k").inputs[0] = 99; }) ==
        "graph: linear of blk.0.attn.k: reads value 99 of 13");
  CHECK(errorAfter([](Graph& g) { nodeOf(g, "blk.0.attn.k").weights[0] = kNone; }) ==
        "graph: linear of blk.0.attn.k: reads weight -1 of 7");
  CHECK(errorAfter([](Graph& g) { nodeOf(g, "blk.0.resid_mid").inputs.pop_back(); }) ==
        "graph: add of blk.0.resid_mid: has 1 inputs and 0 weights, expected 2 and 0");
  CHECK(errorAfter([](Graph& g) { nodeOf(g, "blk.0.resid_mid").inputs[1] = g.find("blk.0.attn.z"); }) ==
        "graph: add of blk.0.resid_mid: its second input is (T, 4, 2), expected (T, 8)");
  CHECK(errorAfter([](Graph& g) {
          g.weights[0].shape = {10, 9};
        }) == "graph: embed of embed: token_embd.weight is (10, 9), expected (10, 8)");
  CHECK(errorAfter([](Graph& g) { g.values[0].shape.pop_back(); }) ==
        "graph: embed has shape (T), expected T or R rows of fixed sizes");
  CHECK(errorAfter([](Graph& g) {
          g.values[0].shape = {Dim::tokens(), Dim::of(1u << 20), Dim::of(1u << 20)};
        }).find("expected T or R rows of fixed sizes") != std::string::npos);
  CHECK(errorAfter([](Graph& g) { g.values[1].name = "embed"; }) ==
        "graph: the value name \"embed\" is empty or used twice");
  CHECK(errorAfter([](Graph& g) { g.values[1].node = 0; }) ==
        "graph: blk.0.attn.q_proj is not what its node 0 computes");
  CHECK(errorAfter([](Graph& g) { nodeOf(g, "blk.0.attn.q").attributes = NormAttributes{}; }) ==
        "graph: rope of blk.0.attn.q: has attributes of another op");
  CHECK(errorAfter([](Graph& g) {
          nodeOf(g, "blk.0.attn.q").attributes = RopeAttributes{false, {1, 2}, 1};
        }) == "graph: rope of blk.0.attn.q: 2 frequencies for heads of width 2");
  CHECK(errorAfter([](Graph& g) {
          nodeOf(g, "blk.0.attn.z").attributes = AttentionAttributes{1, 1};
        }) == "graph: attention of blk.0.attn.z: layer 1 of 1");
  CHECK(errorAfter([](Graph& g) { g.keyValueHeads = 3; }) ==
        "graph: attention of blk.0.attn.z: 4 query heads cannot share 3 key-value heads");
  CHECK(errorAfter([](Graph& g) { g.keyValueHeads = 0; }) ==
        "graph: attention of blk.0.attn.z: 4 query heads cannot share 0 key-value heads");
  CHECK(errorAfter([](Graph& g) {
          nodeOf(g, "final_norm").attributes = NormAttributes{NAN};
        }).find("is not a number from 0") != std::string::npos);
  CHECK(errorAfter([](Graph& g) { g.nodes[0].op = static_cast<Op>(200); }) == "graph: op 200 does not exist");
}
