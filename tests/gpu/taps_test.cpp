// Captures of steps of one token: nothing is compiled or recorded for them, and nothing changes.
#include <cstring>

#include "gpu/plan.h"
#include "twin.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

constexpr std::uint32_t kPages = 16, kVocabulary = 300;
/// More heads per key than lanes that own cells like, and fewer.
constexpr ModelShape kShapes[] = {{"some heads per key", 64, 6, 2, 16, 96, kVocabulary, FormatId::q8_0},
                                  {"many heads per key", 64, 12, 1, 8, 96, kVocabulary, FormatId::q4_0}};

struct Device {
  Device(std::shared_ptr<Backend> on, const ModelShape& shape)
      : backend(std::move(on)), graph(makeGraph(shape)), file(makeFile(shape, graph)) {
    weights = require(backend->upload(file, graph, {}, {}));
    auto cache = require(
        backend->createCache({graph.layers, graph.keyValueHeads, graph.headWidth, kPages, FormatId::f32}));
    plan = require(backend->compile(graph, weights, std::move(cache), {.maxTokens = 128}));
  }
  StepResult run(std::uint32_t first, std::uint32_t count, const std::vector<Tap>& taps = {}) const {
    StepArrays arrays = test::run(first, count, kVocabulary, kPages);
    arrays.taps = taps;
    return require(plan->run(arrays.step()));
  }
  std::vector<Tap> allTaps() const {
    std::vector<Tap> taps;
    for (ValueId id = 0; id < std::ssize(graph.values); ++id) taps.push_back({id});
    return taps;
  }
  std::size_t recordings() const { return dynamic_cast<const gpu::GpuPlan&>(*plan).recordings(); }

  std::shared_ptr<Backend> backend;
  Graph graph;
  ModelFile file;
  WeightTable weights;
  std::unique_ptr<Plan> plan;
};

bool sameBits(const LogitRow& a, const LogitRow& b) {
  bool same = a.top.size() == b.top.size() && a.logSumExp == b.logSumExp && a.entropy == b.entropy;
  for (std::size_t i = 0; same && i < a.top.size(); ++i)
    same = a.top[i].token == b.top[i].token && a.top[i].logit == b.top[i].logit;
  return same;
}

bool sameBits(const Capture& a, const Capture& b) {
  return a.value == b.value && a.shape == b.shape &&
         std::memcmp(a.data.data(), b.data.data(), a.data.size() * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("captures of one token record nothing, whatever is looked at, and leave the logits' bits alone") {
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    const auto backend = openVulkan({.portableKernels = portable});
    for (const ModelShape& shape : kShapes) {
      CAPTURE(shape.name);
      const Device looked(backend, shape), plain(backend, shape);
      for (std::uint32_t first = 0; first < 256; first += 128) {  // so that attention is split into two parts
        looked.run(first, 127);
        plain.run(first, 127);
        looked.run(first + 127, 1);
        plain.run(first + 127, 1);
      }
      const std::size_t recordings = looked.recordings();
      const std::vector<std::vector<Tap>> views = {
          looked.allTaps(),
          {{looked.graph.find("blk.0.resid_post")}, {looked.graph.find("blk.1.resid_post")}},
          {},
          {{looked.graph.find("blk.1.attn.pattern"), 0, 1, 2, 3}, {looked.graph.find("blk.1.attn.scores")}},
          {{looked.graph.find("blk.0.attn.scores"), 0, 0, 5, 1}},
          {{looked.graph.find("blk.0.attn.k")}, {looked.graph.find("blk.1.ffn.norm")}},
          {{looked.graph.find("final_norm")}, {looked.graph.find("logits")}},
          {},
      };
      for (std::uint32_t i = 0; i < views.size(); ++i) {
        CAPTURE(i);
        const StepResult found = looked.run(256 + i, 1, views[i]), expected = plain.run(256 + i, 1);
        CHECK(found.captures.size() == views[i].size());
        CHECK(sameBits(found.rows[0], expected.rows[0]));
      }
      CHECK(looked.recordings() == recordings);
    }
    checkSilent(*backend);
  }
}

TEST_CASE("a view sees the same bits beside others as alone") {
  const Device device(openVulkan(), kShapes[0]);
  device.run(0, 40);
  const std::vector<Tap> taps = device.allTaps();
  const StepResult all = device.run(40, 1, taps);
  for (std::size_t i = 0; i < taps.size(); ++i) {
    CAPTURE(device.graph.values[taps[i].value].name);
    const StepResult alone = device.run(40, 1, {taps[i]});
    REQUIRE(alone.captures.size() == 1);
    CHECK(sameBits(alone.captures[0], all.captures[i]));
  }
  // Heads of a pattern and of scores, the tap of the scores first.
  const ValueId pattern = device.graph.find("blk.1.attn.pattern"),
                scores = device.graph.find("blk.1.attn.scores");
  const StepResult part = device.run(40, 1, {{scores, 0, 1, 4, 2}, {pattern, 0, 1, 4, 2}});
  for (const Capture& capture : part.captures) {
    const auto& whole = *std::ranges::find(all.captures, capture.value, &Capture::value);
    REQUIRE(capture.shape == std::vector<std::uint32_t>{2, 1, 41});
    CHECK(std::memcmp(capture.data.data(), whole.data.data() + 4 * 41, capture.data.size() * 4) == 0);
  }
  checkSilent(*device.backend);
}

TEST_CASE("where there is no room for scores, they are made by a launch of their own") {
  const Device roomy(openVulkan(), kShapes[0]), narrow(openVulkan({.tapScoreLimit = 6 * 64 * 4}), kShapes[0]);
  const auto values = [](const Device& device, std::uint32_t first) {
    std::vector<Tap> taps;
    for (const char* name :
         {"blk.0.attn.pattern", "blk.1.attn.pattern", "blk.1.attn.scores", "blk.0.resid_post"})
      taps.push_back({device.graph.find(name)});
    return device.run(first, 1, taps);
  };
  for (const Device* device : {&roomy, &narrow}) device->run(0, 60);
  const std::size_t recordings = narrow.recordings();
  for (const std::uint32_t first : {60u, 61u, 90u}) {  // one layer's scores fit, then none
    if (first == 90)
      for (const Device* device : {&roomy, &narrow}) device->run(62, 28);
    const StepResult found = values(narrow, first), expected = values(roomy, first);
    REQUIRE(found.captures.size() == expected.captures.size());
    for (std::size_t i = 0; i < found.captures.size(); ++i) {
      CAPTURE(i);
      REQUIRE(found.captures[i].shape == expected.captures[i].shape);
      for (std::size_t j = 0; j < found.captures[i].data.size(); ++j)
        CHECK(found.captures[i].data[j] == doctest::Approx(expected.captures[i].data[j]).epsilon(1e-4));
    }
    CHECK(sameBits(found.rows[0], expected.rows[0]));
  }
  CHECK(narrow.recordings() > recordings);
  checkSilent(*narrow.backend);
  checkSilent(*roomy.backend);
}
