// GPTQ and AWQ on a random linear layer against the papers' algorithms in numpy (tests/oracles/gptq).
#include "core/quant/gptq.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/quant/awq.h"
#include "support/paths.h"

using namespace cutaway;

namespace {

struct Layer {
  std::uint32_t rows, columns, tokens;
  std::vector<float> weights, inputs, hessian;
  nlohmann::json cases;
};

Layer readLayer() {
  const auto json = nlohmann::json::parse(test::readFile(test::projectFile("tests/oracles/gptq/gptq.json")));
  const std::string bytes = test::readFile(test::projectFile("tests/oracles/gptq/layer.f32"));
  Layer layer{json.at("rows"), json.at("columns"), json.at("tokens"), {}, {}, {}, json.at("cases")};
  layer.weights.resize(std::size_t{layer.rows} * layer.columns);
  layer.inputs.resize(std::size_t{layer.tokens} * layer.columns);
  REQUIRE(bytes.size() == (layer.weights.size() + layer.inputs.size()) * sizeof(float));
  std::memcpy(layer.weights.data(), bytes.data(), layer.weights.size() * sizeof(float));
  std::memcpy(layer.inputs.data(), bytes.data() + layer.weights.size() * sizeof(float), layer.inputs.size() * sizeof(float));
  layer.hessian.resize(std::size_t{layer.columns} * layer.columns);
  for (std::uint32_t i = 0; i < layer.columns; ++i)
    for (std::uint32_t j = 0; j < layer.columns; ++j) {
      double sum = 0;
      for (std::uint32_t t = 0; t < layer.tokens; ++t)
        sum += double{layer.inputs[t * layer.columns + i]} * double{layer.inputs[t * layer.columns + j]};
      layer.hessian[std::size_t{i} * layer.columns + j] = static_cast<float>(sum);
    }
  return layer;
}

GroupedScheme schemeOf(const nlohmann::json& entry) {
  return {entry.at("bits"), entry.at("group"), entry.at("symmetric")};
}

GroupedWeights gptq(const Layer& layer, const GroupedScheme& scheme, const GptqOptions& options, unsigned threads = 2) {
  ThreadPool pool(threads);
  const auto inputs = prepareGptq(layer.hessian, layer.columns, options);
  REQUIRE(inputs.has_value());
  auto result = quantizeGptq(scheme, options, *inputs, layer.rows, layer.weights, pool);
  REQUIRE(result.has_value());
  return std::move(*result);
}

double errorOf(const Layer& layer, const std::vector<float>& quantized) {
  ThreadPool pool(2);
  return outputError(layer.hessian, layer.columns, layer.weights, quantized, pool);
}

}  // namespace

TEST_CASE("GPTQ leaves the error that the paper's algorithm leaves") {
  const Layer layer = readLayer();
  ThreadPool pool(2);
  for (const auto& entry : layer.cases) {
    CAPTURE(entry.dump());
    const GroupedScheme scheme = schemeOf(entry);
    const auto plain = roundToNearest(scheme, layer.rows, layer.columns, layer.weights, pool);
    CHECK(errorOf(layer, plain.decode()) == doctest::Approx(entry.at("plain").get<double>()).epsilon(0.002));
    const GroupedWeights result = gptq(layer, scheme, {});
    CHECK(errorOf(layer, result.decode()) == doctest::Approx(entry.at("gptq").get<double>()).epsilon(0.01));
    CHECK(result.groupOf.empty());
    const GroupedWeights ordered = gptq(layer, scheme, {.byImportance = true});
    CHECK(errorOf(layer, ordered.decode()) == doctest::Approx(entry.at("gptq_ordered").get<double>()).epsilon(0.01));
    CHECK(ordered.groupOf.size() == (scheme.groupSize == 0 ? 0 : layer.columns));
  }
}

TEST_CASE("AWQ finds the scales that the paper's search finds") {
  const Layer layer = readLayer();
  ThreadPool pool(2);
  AwqInputs inputs{layer.columns, std::vector<float>(layer.columns), layer.inputs};
  for (std::size_t i = 0; i < layer.inputs.size(); ++i)
    inputs.magnitude[i % layer.columns] += std::abs(layer.inputs[i]) / static_cast<float>(layer.tokens);
  const AwqMatrix matrix{layer.rows, layer.weights};
  for (const auto& entry : layer.cases) {
    if (entry.at("bits") == 8) continue;  // errors so small that neighbouring exponents are as good
    CAPTURE(entry.dump());
    const auto found = searchScales(schemeOf(entry), {}, inputs, {&matrix, 1}, pool);
    REQUIRE(found.has_value());
    CHECK(found->error == doctest::Approx(entry.at("awq").get<double>()).epsilon(0.01));
    CHECK(found->plainError == doctest::Approx(entry.at("plain").get<double>()).epsilon(0.002));
  }
}

TEST_CASE("cutting off outliers never makes the outputs of a group worse") {
  const Layer layer = readLayer();
  ThreadPool pool(2);
  const GroupedScheme scheme{3, 0, false};
  const AwqInputs inputs{layer.columns, {}, layer.inputs};
  std::vector<float> clipped = layer.weights;
  clipToBestRange(scheme, inputs, layer.rows, clipped, pool);
  const auto before = roundToNearest(scheme, layer.rows, layer.columns, layer.weights, pool).decode();
  const auto after = roundToNearest(scheme, layer.rows, layer.columns, clipped, pool).decode();
  CHECK(errorOf(layer, after) < 0.9 * errorOf(layer, before));
}

TEST_CASE("GPTQ gives the same bits for any number of threads, and keeps groups where they are when asked") {
  const Layer layer = readLayer();
  const GroupedScheme scheme{4, 32, true};
  for (const GptqOptions& options : {GptqOptions{}, GptqOptions{.byImportance = true}, GptqOptions{.byImportance = true, .staticGroups = true}}) {
    const GroupedWeights one = gptq(layer, scheme, options, 1), three = gptq(layer, scheme, options, 3);
    CHECK(one.codes == three.codes);
    CHECK(one.decode() == three.decode());
  }
  const GroupedWeights still = gptq(layer, scheme, {.byImportance = true, .staticGroups = true});
  CHECK(still.groupOf.empty());
  CHECK(errorOf(layer, still.decode()) < errorOf(layer, gptq(layer, scheme, {}).decode()));
}

TEST_CASE("codes and scales are those that the layouts can hold") {
  const Layer layer = readLayer();
  for (const std::uint32_t bits : {2u, 3u, 4u, 8u}) {
    const GroupedScheme scheme{bits, 64, false};
    const GroupedWeights result = gptq(layer, scheme, {.searchedRange = true});
    for (const std::uint8_t code : result.codes) REQUIRE(code <= scheme.largestCode());
    for (const GroupScale& scale : result.scales) {
      REQUIRE(scale.zero >= 1);
      REQUIRE(scale.zero <= scheme.largestCode());
      REQUIRE(scale.factor() > 0);
    }
  }
  const std::vector<float> positive = {0.5f, 0.25f, 1.0f, 0.75f};
  CHECK(fitScale({4, 0, false}, positive).zero == 1);
  CHECK(fitScale({4, 0, false}, std::vector<float>(4)).factor() > 0);
}

TEST_CASE("inputs that are no numbers, groups that do not fit and a stop are errors") {
  std::vector<float> hessian(4, NAN);
  CHECK_FALSE(prepareGptq(hessian, 2, {}).has_value());
  hessian = {1, 0, 0, 1};
  const auto inputs = prepareGptq(hessian, 2, {});
  REQUIRE(inputs.has_value());
  ThreadPool pool(1);
  const std::vector<float> weights = {1, 2};
  const auto odd = quantizeGptq({4, 48, true}, {}, *inputs, 1, weights, pool);
  REQUIRE_FALSE(odd.has_value());
  CHECK(odd.error().message.find("groups of 48") == 0);
  std::stop_source stop;
  stop.request_stop();
  CHECK(quantizeGptq({4, 0, true}, {}, *inputs, 1, weights, pool, stop.get_token()).error().kind == ErrorKind::cancelled);
}
