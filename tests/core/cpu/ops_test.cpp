// Single ops against values worked by hand or computed in double. The embedding table is the op's input.
#include <cmath>

#include "core/cpu/cpu_backend.h"
#include "core/graph/builder.h"
#include "support/hand_made_model.h"
#include "support/model_runner.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

/// The value `name` after one step over `tokens`, of a graph without logits.
std::vector<float> compute(GraphBuilder builder, HandMadeModel maker, const std::vector<TokenId>& tokens,
                           std::string_view name, const std::vector<std::int32_t>& positions = {}) {
  const auto backend = createCpuBackend(2);
  const ModelFile file = maker.finish();
  const Graph graph = std::move(builder).finish();
  const WeightTable weights = require(backend->upload(file, graph, {}, {}));
  auto cache =
      require(backend->createCache({graph.layers, graph.keyValueHeads, graph.headWidth, 2, FormatId::f32}));
  const auto plan = require(backend->compile(graph, weights, std::move(cache), {.maxTokens = 16}));
  std::vector<std::int32_t> places = positions;
  for (std::size_t i = places.size(); i < tokens.size(); ++i) places.push_back(static_cast<std::int32_t>(i));
  const std::vector<std::int32_t> sequences(tokens.size()), pages = {0, 1};
  const std::vector<std::uint8_t> want(tokens.size());
  const std::vector<Tap> taps = {{graph.find(name)}};
  return require(plan->run({.tokens = tokens,
                            .positions = places,
                            .sequences = sequences,
                            .wantLogits = want,
                            .pages = pages,
                            .pagesPerSequence = 2,
                            .targets = {},
                            .taps = taps}))
      .captures.front()
      .data;
}

void checkClose(const std::vector<float>& found, const std::vector<double>& expected,
                double tolerance = 1e-6) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(static_cast<double>(found[i]) - expected[i]) <=
          tolerance * std::max(1.0, std::abs(expected[i])));
  }
}

GraphBuilder::Sizes sizes(std::uint32_t width, std::uint32_t vocabulary) {
  return {.layers = 1,
          .width = width,
          .queryHeads = 1,
          .keyValueHeads = 1,
          .headWidth = width,
          .vocabulary = vocabulary};
}

}  // namespace

TEST_CASE("rms_norm divides by the root of the mean square and scales") {
  GraphBuilder g(sizes(2, 2));
  g.rmsNorm("y", g.embed("x", "table"), "scale", 0.5f);
  HandMadeModel model;
  model.add("table.weight", {2, 2}, {3, 4, 0, 0});
  model.add("scale.weight", {2}, {1, -2});
  checkClose(compute(std::move(g), std::move(model), {0, 1}, "y"),
             {3 / std::sqrt(13.0), -8 / std::sqrt(13.0), 0, 0});
}

TEST_CASE("swiglu and add work element by element, on odd sizes too") {
  GraphBuilder g(sizes(3, 2));
  const ValueId x = g.embed("x", "table");
  const ValueId y = g.rmsNorm("y", x, "scale", 0);
  g.swiglu("gated", x, y);
  g.add("sum", x, y);
  HandMadeModel model;
  model.add("table.weight", {2, 3}, {1, -1, 1, -200, 200, 200});
  model.add("scale.weight", {3}, {2, 2, 3});
  const double sigmoid = 1 / (1 + std::exp(-1.0));
  checkClose(compute(g, model, {0, 1}, "sum"), {3, -3, 4, -202, 202, 203});
  checkClose(compute(g, model, {0, 1}, "gated"), {2 * sigmoid, 2 * (1 - sigmoid), 3 * sigmoid, 0, 400, 600});
}

TEST_CASE("rope turns neighbours or halves, leaves the rest and scales by the magnitude") {
  const auto rotated = [](bool halves) {
    GraphBuilder g(sizes(6, 1));
    const ValueId x = g.linear("x", g.embed("e", "table"), "identity", 6, "", 1);
    g.rope("y", x, {halves, {1.0f, 0.25f}, 2.0f});
    HandMadeModel model;
    model.add("table.weight", {1, 6}, {1, 2, 3, 4, 5, 6});
    std::vector<float> identity(36);
    for (std::size_t i = 0; i < 6; ++i) identity[i * 7] = 1;
    model.add("identity.weight", {6, 6}, identity);
    return compute(std::move(g), std::move(model), {0}, "y", {3});
  };
  const double c0 = 2 * std::cos(3.0), s0 = 2 * std::sin(3.0), c1 = 2 * std::cos(0.75),
               s1 = 2 * std::sin(0.75);
  checkClose(rotated(false), {c0 - 2 * s0, s0 + 2 * c0, 3 * c1 - 4 * s1, 3 * s1 + 4 * c1, 5, 6});
  checkClose(rotated(true), {c0 - 3 * s0, 2 * c1 - 4 * s1, s0 + 3 * c0, 2 * s1 + 4 * c1, 5, 6});
}

TEST_CASE("attention mixes values by the softmax of scaled scores over earlier positions") {
  GraphBuilder g(sizes(2, 2));
  g.layer(0);
  const ValueId x = g.linear("x", g.embed("e", "table"), "identity", 2, "", 1);
  g.attention("attn.z", x, x, x, 0.5f);
  HandMadeModel model;
  model.add("blk.0.table.weight", {2, 2}, {1, 0, 1, 2});
  model.add("blk.0.identity.weight", {2, 2}, {1, 0, 0, 1});
  // Token 1: scores 0.5 * (1, 5); the later key of token 0 is not seen by it.
  const double p = 1 / (1 + std::exp(2.0));
  checkClose(compute(g, model, {0, 1}, "blk.0.attn.z"), {1, 0, 1, 2 * (1 - p)});
  checkClose(compute(g, model, {0, 1}, "blk.0.attn.pattern"), {1, 0, p, 1 - p});
  const auto scores = compute(g, model, {0, 1}, "blk.0.attn.scores");
  CHECK(scores[0] == 0.5f);
  CHECK(scores[1] == -INFINITY);
  CHECK(scores[3] == 2.5f);
}

TEST_CASE("linear multiplies every format on odd sizes") {
  for (const NumberFormat& format : numberFormats())
    for (const std::uint32_t blocks : {1u, 5u})
      for (const std::uint32_t outputs : {1u, 8u, 13u}) {
        const std::uint32_t columns = format.blockSize == 1 ? 37 * blocks : format.blockSize * blocks;
        CAPTURE(format.name);
        CAPTURE(columns);
        CAPTURE(outputs);
        GraphBuilder g(sizes(columns, 3));
        g.linear("y", g.embed("x", "table"), "matrix", outputs, "matrix");
        HandMadeModel maker;
        maker.addRandom("table.weight", {3, columns}, FormatId::f32, 1);
        maker.addRandom("matrix.weight", {outputs, columns}, format.id, 2);
        maker.addRandom("matrix.bias", {outputs}, FormatId::f32, 3);
        const std::vector<TokenId> tokens = {2, 0, 1};

        const ModelFile file = HandMadeModel(maker).finish();
        const auto floats = [&](std::string_view name) {
          const TensorInfo& tensor = *file.find(name);
          std::vector<float> decoded(tensor.elements());
          numberFormat(tensor.format).decode(file.data(tensor).bytes, decoded);
          return decoded;
        };
        const auto x = floats("table.weight"), w = floats("matrix.weight"), bias = floats("matrix.bias");
        std::vector<double> expected;
        for (const TokenId token : tokens)
          for (std::size_t row = 0; row < outputs; ++row) {
            double sum = bias[row];
            for (std::size_t k = 0; k < columns; ++k)
              sum += static_cast<double>(w[row * columns + k]) * static_cast<double>(x[token * columns + k]);
            expected.push_back(sum);
          }
        checkClose(compute(std::move(g), std::move(maker), tokens, "y"), expected, 2e-4);
      }
}
