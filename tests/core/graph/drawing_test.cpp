// Drawings of graphs: everything is there, nothing overlaps, and edges begin and end where they should.
#include "core/graph/drawing.h"

#include <doctest/doctest.h>

#include <set>

#include "core/arch/family.h"
#include "core/graph/builder.h"
#include "support/paths.h"

using namespace cutaway;

namespace {

bool overlap(const DrawnRect& a, const DrawnRect& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

/// A straight piece of an edge as a rectangle.
DrawnRect piece(const DrawnPoint& a, const DrawnPoint& b) {
  return {std::min(a.x, b.x), std::min(a.y, b.y), std::abs(a.x - b.x), std::abs(a.y - b.y)};
}

/// The inside of a rectangle meets a line that may have no width.
bool crosses(const DrawnRect& line, const DrawnRect& rect) {
  return line.x < rect.right() && line.right() > rect.x && line.y < rect.bottom() && line.bottom() > rect.y;
}

std::vector<DrawnRect> rectangles(const GraphDrawing& drawing) {
  std::vector<DrawnRect> all;
  for (const DrawnBox& box : drawing.boxes) all.push_back(box.rect);
  for (const DrawnValue& value : drawing.values) all.push_back(value.rect);
  return all;
}

void checkNothingOverlaps(const GraphDrawing& drawing) {
  const std::vector<DrawnRect> all = rectangles(drawing);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].x >= 0);
    CHECK(all[i].y >= 0);
    CHECK(all[i].right() <= drawing.width);
    CHECK(all[i].bottom() <= drawing.height);
    for (std::size_t j = 0; j < i; ++j) CHECK_FALSE(overlap(all[i], all[j]));
    for (const DrawnEdge& edge : drawing.edges)
      for (std::size_t k = 1; k < edge.points.size(); ++k)
        CHECK_FALSE(crosses(piece(edge.points[k - 1], edge.points[k]), all[i]));
  }
}

/// Lines of two values may cross, but never run along each other.
void checkEdgesAreTold(const GraphDrawing& drawing) {
  for (const DrawnEdge& a : drawing.edges)
    for (const DrawnEdge& b : drawing.edges) {
      if (a.value >= b.value) continue;
      for (std::size_t i = 1; i < a.points.size(); ++i)
        for (std::size_t j = 1; j < b.points.size(); ++j) {
          const DrawnRect p = piece(a.points[i - 1], a.points[i]), q = piece(b.points[j - 1], b.points[j]);
          const bool upright = p.width == 0 && q.width == 0 && p.x == q.x && p.y < q.bottom() && q.y < p.bottom();
          const bool across = p.height == 0 && q.height == 0 && p.y == q.y && p.x < q.right() && q.x < p.right();
          CHECK_FALSE(upright);
          CHECK_FALSE(across);
        }
    }
}

void checkEdgesEnd(const Graph& graph, const GraphDrawing& drawing) {
  for (const DrawnEdge& edge : drawing.edges) {
    CAPTURE(graph.values[edge.value].name);
    const DrawnRect& to = drawing.boxes[edge.to].rect;
    CHECK(edge.points.back().y == to.y);
    CHECK(edge.points.back().x > to.x);
    CHECK(edge.points.back().x < to.right());
    const auto source = std::ranges::find(drawing.values, edge.value, &DrawnValue::value);
    REQUIRE(source != drawing.values.end());
    CHECK(edge.points.front().y == source->rect.bottom());
    for (std::size_t i = 1; i < edge.points.size(); ++i) {
      CHECK((edge.points[i].x == edge.points[i - 1].x || edge.points[i].y == edge.points[i - 1].y));
      CHECK(edge.points[i].y >= edge.points[i - 1].y);
    }
  }
}

void check(const Graph& graph, std::uint32_t layer) {
  CAPTURE(layer);
  const GraphDrawing drawing = drawGraph(graph, layer, {});
  checkNothingOverlaps(drawing);
  checkEdgesAreTold(drawing);
  checkEdgesEnd(graph, drawing);
  std::multiset<ValueId> drawn;
  for (const DrawnValue& value : drawing.values) drawn.insert(value.value);
  std::uint32_t folded = 0;
  std::size_t inputs = 0, ops = 0;
  for (const DrawnBox& box : drawing.boxes) {
    folded += box.foldedLayers;
    if (box.node == kNone) continue;
    ++ops;
    for (const ValueId value : graph.nodes[box.node].inputs)
      inputs += std::ranges::any_of(drawing.edges, [&](const DrawnEdge& edge) {
        return edge.value == value && &drawing.boxes[edge.to] == &box;
      });
  }
  CHECK(folded + 1 == graph.layers);
  for (ValueId id = 0; id < std::ssize(graph.values); ++id) {
    CAPTURE(graph.values[id].name);
    const std::int32_t of = graph.nodes[graph.values[id].node].layer;
    if (of == kNone || of == static_cast<std::int32_t>(layer)) CHECK(drawn.count(id) == 1);
    CHECK(drawn.count(id) <= 1);
  }
  std::size_t wanted = 0, nodes = 0;
  for (const Node& node : graph.nodes)
    if (node.layer == kNone || node.layer == static_cast<std::int32_t>(layer)) {
      ++nodes;
      wanted += node.inputs.size();
    }
  CHECK(ops == nodes);
  CHECK(inputs == wanted);
}

}  // namespace

TEST_CASE("every value of every family is drawn, with no overlaps, whichever layer is in full") {
  for (const char* path : {"resources/demo-model/demo-f16.gguf", "tests/oracles/families/llama-llama3.gguf",
                           "tests/oracles/families/llama-linear-bias.gguf", "tests/oracles/families/qwen2.gguf",
                           "tests/oracles/families/qwen3.gguf"}) {
    CAPTURE(path);
    const auto file = openModelFile(test::projectFile(path));
    REQUIRE(file);
    const auto architecture = readArchitecture(*file);
    REQUIRE(architecture);
    for (std::uint32_t layer = 0; layer < architecture->graph.layers; ++layer) check(architecture->graph, layer);
  }
}

TEST_CASE("shapes are told with the letters of the paper") {
  const auto file = openModelFile(test::projectFile("resources/demo-model/demo-f16.gguf"));
  REQUIRE(file);
  const Graph graph = readArchitecture(*file)->graph;
  const auto shape = [&](const char* name) { return symbolicShape(graph, graph.find(name)); };
  CHECK(shape("embed") == "T \u00d7 D=256");
  CHECK(shape("blk.0.attn.q") == "T \u00d7 H=8 \u00d7 d=32");
  CHECK(shape("blk.0.attn.k") == "T \u00d7 G=4 \u00d7 d=32");
  CHECK(shape("blk.0.attn.pattern") == "H=8 \u00d7 T \u00d7 N");
  CHECK(shape("blk.0.ffn.act") == "T \u00d7 F=768");
  CHECK(shape("logits") == "R \u00d7 V=2048");
}

TEST_CASE("folded layers are one box that carries what they leave, and a layer that is not there is the last") {
  GraphBuilder g({.layers = 4, .width = 8, .queryHeads = 1, .keyValueHeads = 1, .headWidth = 8, .vocabulary = 4});
  ValueId x = g.embed("embed", "token_embd");
  for (std::uint32_t layer = 0; layer < 4; ++layer) {
    g.layer(layer);
    x = g.add("resid_post", x, g.rmsNorm("norm", x, "norm", 1e-5f));
  }
  const Graph graph = std::move(g).finish();
  const GraphDrawing second = drawGraph(graph, 1, {});
  REQUIRE(second.boxes.size() == 5);
  CHECK(second.boxes[1].firstLayer == 0);
  CHECK(second.boxes[1].foldedLayers == 1);
  CHECK(second.boxes[4].firstLayer == 2);
  CHECK(second.boxes[4].foldedLayers == 2);
  CHECK(second.values[1].value == graph.find("blk.0.resid_post"));
  CHECK(overlap(second.layer, second.boxes[2].rect));
  CHECK_FALSE(overlap(second.layer, second.boxes[1].rect));
  CHECK_FALSE(overlap(second.layer, second.boxes[4].rect));
  CHECK(drawGraph(graph, 9, {}).boxes[1].foldedLayers == 3);
}

TEST_CASE("a graph without layers, and an empty one") {
  GraphBuilder g({.layers = 0, .width = 8, .queryHeads = 1, .keyValueHeads = 1, .headWidth = 8, .vocabulary = 4});
  g.rmsNorm("final_norm", g.embed("embed", "token_embd"), "norm", 1e-5f);
  const GraphDrawing drawing = drawGraph(std::move(g).finish(), 0, {});
  CHECK(drawing.boxes.size() == 2);
  CHECK(drawing.layer == DrawnRect{});
  CHECK(drawGraph({}, 0, {}).boxes.empty());
}
