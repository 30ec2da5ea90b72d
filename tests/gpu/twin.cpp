#include "twin.h"

#include "support/int8_checks.h"

#include <algorithm>
#include <cmath>

namespace cutaway::test {
namespace {

RopeAttributes rope(const ModelShape& shape) {
  RopeAttributes attributes{.halves = shape.halves, .frequency = {}};
  const std::uint32_t pairs = shape.rotated ? shape.rotated : shape.headWidth / 2;
  for (std::uint32_t j = 0; j < pairs; ++j)
    attributes.frequency.push_back(std::pow(10000.0f, -static_cast<float>(j) / static_cast<float>(pairs)));
  return attributes;
}

ValueId attend(GraphBuilder& g, const ModelShape& s, ValueId x) {
  const auto bias = [&](const char* name) { return s.bias ? std::string_view(name) : std::string_view(); };
  const auto headNorm = [&](const char* name, ValueId v) {
    return s.headNorm ? g.rmsNorm(name, v, name, 1e-5f) : v;
  };
  const ValueId h = g.rmsNorm("attn.norm", x, "attn_norm", 1e-5f);
  const ValueId q0 = g.linear("attn.q_proj", h, "q", s.queryHeads * s.headWidth, bias("q"), s.queryHeads);
  const ValueId q = g.rope("attn.q", headNorm("attn.q_norm", q0), rope(s));
  const ValueId k0 = g.linear("attn.k_proj", h, "k", s.keyHeads * s.headWidth, bias("k"), s.keyHeads);
  const ValueId k = g.rope("attn.k", headNorm("attn.k_norm", k0), rope(s));
  const ValueId v = g.linear("attn.v", h, "v", s.keyHeads * s.headWidth, bias("v"), s.keyHeads);
  const ValueId z = g.attention("attn.z", q, k, v, 1.0f / std::sqrt(static_cast<float>(s.headWidth)));
  return g.add("resid_mid", x, g.linear("attn.out", z, "o", s.width, bias("o")));
}

ValueId feedForward(GraphBuilder& g, const ModelShape& s, ValueId x) {
  const ValueId h = g.rmsNorm("ffn.norm", x, "ffn_norm", 1e-5f);
  const ValueId gate = g.linear("ffn.gate", h, "gate", s.ffn);
  const ValueId act = g.swiglu("ffn.act", gate, g.linear("ffn.up", h, "up", s.ffn));
  return g.add("resid_post", x, g.linear("ffn.out", act, "down", s.width));
}

/// The row's numbers, and the top list where no two logits are too close to be told apart.
void checkRow(const LogitRow& found, const LogitRow& expected, float tolerance, bool target) {
  const float scale = std::max(1.0f, std::abs(expected.top.front().logit));
  CHECK(std::abs(found.logSumExp - expected.logSumExp) <= tolerance * scale);
  CHECK(std::abs(found.entropy - expected.entropy) <= 10 * tolerance * scale);
  if (target) CHECK(std::abs(found.targetLogit - expected.targetLogit) <= tolerance * scale);
  REQUIRE(found.top.size() == expected.top.size());
  for (std::size_t i = 0; i < found.top.size(); ++i) {
    CHECK(std::abs(found.top[i].logit - expected.top[i].logit) <= tolerance * scale);
    if (i > 0) {
      const TokenLogit &before = found.top[i - 1], &now = found.top[i];
      CHECK((before.logit > now.logit || (before.logit == now.logit && before.token < now.token)));
    }
  }
  REQUIRE(found.logits.size() == expected.logits.size());
  for (std::size_t i = 0; i < found.logits.size(); ++i)
    REQUIRE(std::abs(found.logits[i] - expected.logits[i]) <= tolerance * scale);
}

void checkCapture(const Capture& found, const Capture& expected, float tolerance) {
  REQUIRE(found.shape == expected.shape);
  REQUIRE(found.data.size() == expected.data.size());
  float largest = 1e-3f;
  for (const float v : expected.data)
    if (std::isfinite(v)) largest = std::max(largest, std::abs(v));
  float worst = 0;
  for (std::size_t i = 0; i < found.data.size(); ++i) {
    if (std::isinf(expected.data[i])) {
      REQUIRE(found.data[i] == expected.data[i]);
    } else {
      REQUIRE(std::isfinite(found.data[i]));
      worst = std::max(worst, std::abs(found.data[i] - expected.data[i]));
    }
  }
  CAPTURE(largest);
  CHECK(worst <= tolerance * largest);
}

}  // namespace

Graph makeGraph(const ModelShape& s) {
  GraphBuilder g({.layers = 2,
                  .width = s.width,
                  .queryHeads = s.queryHeads,
                  .keyValueHeads = s.keyHeads,
                  .headWidth = s.headWidth,
                  .vocabulary = s.vocabulary});
  ValueId x = g.embed("embed", "table");
  for (std::uint32_t i = 0; i < 2; ++i) {
    g.layer(i);
    x = feedForward(g, s, attend(g, s, x));
  }
  g.noLayer();
  const ValueId last = g.pickRows("resid_final", x);
  g.linear("logits", g.rmsNorm("final_norm", last, "final_norm", 1e-5f), s.untied ? "output" : "table",
           s.vocabulary);
  return std::move(g).finish();
}

ModelFile makeFile(const ModelShape& s, const Graph& graph) {
  HandMadeModel maker;
  unsigned seed = 1;
  for (const Weight& weight : graph.weights) {
    if (weight.isMatrix || weight.isTable) {
      const bool value = s.valueFormat && weight.name.ends_with(".v.weight");
      maker.addRandom(weight.name, weight.shape, value ? *s.valueFormat : s.format, ++seed);
      continue;
    }
    std::vector<float> values(weight.shape[0]);
    const bool head = weight.name.find("_norm") != std::string::npos && weight.shape[0] == s.headWidth;
    const float size = head ? 0.7f : 0.5f / std::sqrt(static_cast<float>(s.width));
    std::mt19937 random(++seed);
    for (float& v : values) v = size * (0.5f + static_cast<float>(random() % 1000) / 1000.0f);
    maker.add(weight.name, weight.shape, values);
  }
  return maker.finish();
}

StepArrays run(std::uint32_t first, std::uint32_t count, std::uint32_t vocabulary, std::uint32_t pages) {
  StepArrays arrays;
  arrays.perSequence = pages;
  for (std::uint32_t i = 0; i < pages; ++i) arrays.pages.push_back(static_cast<std::int32_t>(pages - 1 - i));
  for (std::uint32_t i = first; i < first + count; ++i)
    arrays.add(static_cast<TokenId>((i * i * 7 + i * 3 + 1) % vocabulary), static_cast<std::int32_t>(i), 0,
               i + 1 == first + count);
  return arrays;
}

Twin::Twin(std::shared_ptr<Backend> device, const ModelShape& shape, const TwinOptions& options)
    : m_cpuBackend(createCpuBackend(2)),
      m_device(std::move(device)),
      m_graph(makeGraph(shape)),
      m_tolerance(options.tolerance) {
  ActivationRounding rounding{options.rounding, true, {}};
  for (const Value& value : m_graph.values) rounding.ranges[value.name] = 1;
  m_graph = require(roundInputs(m_graph, rounding));
  const ModelFile file = makeFile(shape, m_graph);
  m_cpu = open(*m_cpuBackend, file, options);
  m_gpu = open(*m_device, file, options);
}

void Twin::checkRounding(StepArrays arrays) {
  arrays.taps = roundingTaps(m_graph);
  require(m_cpu.plan->run(arrays.step()));
  test::checkRounding(m_graph, require(m_gpu.plan->run(arrays.step())).captures, 1);
}

Twin::Side Twin::open(Backend& backend, const ModelFile& file, const TwinOptions& options) const {
  Side side;
  side.weights = require(backend.upload(file, m_graph, {}, {}));
  side.cache = require(backend.createCache(
      {m_graph.layers, m_graph.keyValueHeads, m_graph.headWidth, options.pages, options.cache}));
  side.plan = require(backend.compile(m_graph, side.weights, side.cache, {.maxTokens = options.maxTokens}));
  return side;
}

void Twin::check(const StepArrays& arrays) {
  const StepResult expected = require(m_cpu.plan->run(arrays.step()));
  const StepResult found = require(m_gpu.plan->run(arrays.step()));
  REQUIRE(found.rows.size() == expected.rows.size());
  for (std::size_t r = 0; r < found.rows.size(); ++r) {
    CAPTURE(r);
    checkRow(found.rows[r], expected.rows[r], m_tolerance, !arrays.targets.empty());
  }
  REQUIRE(found.captures.size() == expected.captures.size());
  for (std::size_t i = 0; i < found.captures.size(); ++i) {
    CAPTURE(m_graph.values[arrays.taps[i].value].name);
    CHECK(found.captures[i].value == arrays.taps[i].value);
    checkCapture(found.captures[i], expected.captures[i], m_tolerance);
  }
}

void Twin::checkAllValues(StepArrays arrays) {
  for (ValueId id = 0; id < std::ssize(m_graph.values); ++id) arrays.taps.push_back({id});
  check(arrays);
}

void Twin::checkValues(StepArrays arrays, std::initializer_list<const char*> names) {
  for (const char* name : names) arrays.taps.push_back({m_graph.find(name)});
  check(arrays);
}

void Twin::copyPage(std::uint32_t from, std::uint32_t to) {
  REQUIRE(m_cpu.cache->copyPage(from, to).has_value());
  REQUIRE(m_gpu.cache->copyPage(from, to).has_value());
}

}  // namespace cutaway::test
