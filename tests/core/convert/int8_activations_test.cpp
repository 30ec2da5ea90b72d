// INT8 activations of the demo model: what is computed in parts is what is computed whole, and rounding costs what it should.
#include "core/convert/activation_choice.h"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>

#include "core/cpu/cpu_backend.h"
#include "core/inspect/input_outliers.h"
#include "support/model_runner.h"
#include "support/paths.h"

using namespace cutaway;
using test::require;

namespace {

constexpr std::uint32_t kChunk = 128;

struct Demo {
  std::string path = test::projectFile("resources/demo-model/demo-f16.gguf");
  std::shared_ptr<const ModelDescription> model = require(describeModel(require(openModelFile(path))));
  std::vector<TokenId> text;
  Demo() {
    text = model->tokenizer->encode(test::readFile(test::projectFile("resources/demo-model/demo-eval.txt")), true, true);
    text.resize(3 * kChunk);
  }
  ActivationStudy study(ActivationScale scale, const ActivationRanges& ranges = {}) const {
    auto study = require(ActivationStudy::create(model, createCpuBackend(2), text, kChunk, {scale, false, ranges}));
    while (require(study.step())) {
    }
    CHECK(study.progress() == 1);
    return study;
  }
};

}  // namespace

TEST_CASE("without rounding the parts give the losses of the whole") {
  const Demo demo;
  const ActivationStudy plain = demo.study(ActivationScale::none);
  const test::LoadedModel model = test::loadModelFile(demo.path, createCpuBackend(2));
  std::size_t at = 0;
  for (std::uint32_t chunk = 0; chunk < 3; ++chunk) {
    const std::vector<TokenId> tokens(demo.text.begin() + chunk * kChunk, demo.text.begin() + (chunk + 1) * kChunk);
    test::Runner::Wanted wanted;
    wanted.targets.assign(tokens.begin() + 1, tokens.end());
    wanted.targets.push_back(0);
    const StepResult step = test::Runner(model, kChunk).run(tokens, wanted);
    for (std::size_t i = 0; i + 1 < kChunk; ++i, ++at)
      REQUIRE(plain.losses()[at] == doctest::Approx(step.rows[i].logSumExp - step.rows[i].targetLogit).epsilon(1e-3).scale(1));
  }
  CHECK(plain.scored() == at);
}

TEST_CASE("8 bits per token cost little, one scale for a whole text more") {
  const Demo demo;
  const ActivationStudy plain = demo.study(ActivationScale::none), dynamic = demo.study(ActivationScale::dynamic),
                        fixed = demo.study(ActivationScale::fixed, plain.ranges());
  CHECK(plain.reports().size() == 4 * demo.model->graph().layers);
  CHECK(dynamic.losses() != plain.losses());
  CHECK(std::abs(dynamic.loss() - plain.loss()) < 0.05);
  CHECK(std::abs(fixed.loss() - plain.loss()) < 0.3);
  for (std::size_t i = 0; i < plain.reports().size(); ++i) {
    CAPTURE(plain.reports()[i].value);
    CHECK(plain.reports()[i].relativeError == 0);
    // Half a level of 127 at most, of the largest input of a token.
    CHECK(dynamic.reports()[i].relativeError > 0);
    CHECK(dynamic.reports()[i].relativeError < 0.05);
    CHECK(fixed.reports()[i].relativeError > dynamic.reports()[i].relativeError);
    CHECK(plain.reports()[i].outliers.size() <= ChannelReport::kShown);
    for (const OutlierChannel& outlier : plain.reports()[i].outliers) CHECK(outlier.ratio >= ChannelReport::kOutlierRatio);
  }
}

/// Losses of the text's chunks in a session, as a chat reads them.
double sessionLoss(const std::shared_ptr<const Model>& model, const std::vector<TokenId>& text) {
  const auto session = require(Session::create(model, {.context = kChunk, .cacheFormat = FormatId::f32}));
  double sum = 0;
  for (std::size_t begin = 0; begin < text.size(); begin += kChunk) {
    const std::span<const TokenId> tokens = std::span(text).subspan(begin, kChunk);
    require(session->rewind(tokens.first(1)));
    std::vector<TokenId> targets(tokens.begin() + 1, tokens.end());
    targets.push_back(0);
    for (std::size_t i = session->tokens().size(); i + 1 < kChunk; ++i) {
      const StepResult one = require(session->step(tokens.subspan(i, 1), {.lastOnly = true, .targets = std::span(targets).subspan(i, 1)}));
      sum += double{one.rows[0].logSumExp} - double{one.rows[0].targetLogit};
    }
  }
  return sum / static_cast<double>(text.size() / kChunk * (kChunk - 1));
}

TEST_CASE("a session of the rounded model, token by token, has the loss that the study measured layer by layer") {
  const Demo demo;
  const auto calibration = std::filesystem::temp_directory_path() / concat("cutaway-int8-", std::random_device{}(), ".txt");
  std::ofstream(calibration) << test::readFile(test::projectFile("resources/demo-model/demo-eval.txt")).substr(0, 3000);
  const ActivationStudy plain = demo.study(ActivationScale::none);
  for (const std::string& text : {std::string("int8"), concat("int8:static=", calibration.string())}) {
    CAPTURE(text);
    const ActivationChoice choice = require(parseActivations(text));
    CHECK(toString(choice) == text);
    bool isAsked = false;
    const auto rounded = require(simulateActivations(demo.model, choice, [&]() -> Result<std::shared_ptr<Backend>> {
      isAsked = true;
      return createCpuBackend(2);
    }));
    CHECK(isAsked == (choice.scale == ActivationScale::fixed));
    CHECK(*rounded->file.metadata.string("cutaway.activations") == text);
    CHECK_FALSE(demo.model->file.metadata.has("cutaway.activations"));
    const double measured = demo.study(choice.scale, rounded->activations.ranges).loss();
    const double found = sessionLoss(require(loadModel(rounded, createCpuBackend(2))), demo.text);
    CHECK(found == doctest::Approx(measured).epsilon(2e-3));
    CHECK(std::abs(found - plain.loss()) > 1e-5);
    const auto twice = simulateActivations(rounded, choice, [] { return Result<std::shared_ptr<Backend>>(createCpuBackend(1)); });
    CHECK_FALSE(twice.has_value());
  }
  std::filesystem::remove(calibration);
}

TEST_CASE("what is no way to round activations is refused, and what there is named") {
  for (const char* text : {"", "int4", "int8:", "int8:static", "int8:static=", "int8:all:dynamic", "INT8:all "}) {
    CAPTURE(text);
    const auto parsed = parseActivations(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().message.find("int8:static=FILE") != std::string::npos);
  }
  CHECK(require(parseActivations("int8:all:static=a:all")).calibration == "a:all");
  const Demo demo;
  const auto missing = simulateActivations(demo.model, require(parseActivations("int8:static=/nowhere/at/all.txt")),
                                           [] { return Result<std::shared_ptr<Backend>>(createCpuBackend(1)); });
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().message.find("/nowhere/at/all.txt") != std::string::npos);
}

TEST_CASE("the channels that stand out in a text are those that the study finds, and a session is left as it was") {
  Demo demo;
  demo.text.resize(kChunk);
  const ActivationStudy dynamic = demo.study(ActivationScale::dynamic), plain = demo.study(ActivationScale::none);
  const auto check = [&](const std::shared_ptr<const ModelDescription>& description, bool calibrated) {
    const auto session = require(Session::create(require(loadModel(description, createCpuBackend(2))), {.context = 2 * kChunk, .cacheFormat = FormatId::f32}));
    std::unique_ptr<InputOutliers> outliers = require(InputOutliers::create(description, demo.text));
    require(finish(*outliers, *session));
    CHECK(outliers->progress() == 1);
    CHECK(outliers->isCalibrated() == calibrated);
    REQUIRE(outliers->inputs().size() == plain.reports().size());
    for (std::size_t i = 0; i < plain.reports().size(); ++i) {
      const InputOutliers::Input& input = outliers->inputs()[i];
      const ChannelReport& expected = plain.reports()[i];
      CAPTURE(expected.value);
      CHECK(input.dynamic.value == expected.value);
      CHECK(input.layer == static_cast<std::int32_t>(i / 4));
      CHECK(input.largest.size() == expected.columns);
      if (calibrated) continue;
      CHECK(input.dynamic.largest == doctest::Approx(expected.largest).epsilon(1e-4));
      CHECK(input.range == input.dynamic.largest);
      CHECK(input.dynamic.outlierCount == expected.outlierCount);
      CHECK(input.fixed.clipped == 0);
      CHECK(input.fixed.relativeError > input.dynamic.relativeError);
      // The study's inputs are those of a model whose earlier inputs were rounded.
      CHECK(input.dynamic.relativeError == doctest::Approx(dynamic.reports()[i].relativeError).epsilon(0.1));
    }
    return outliers;
  };
  check(demo.model, false);
  ActivationRanges halves = plain.ranges();
  for (auto& [name, range] : halves) range /= 2;
  const auto clipped = check(require(roundActivations(*demo.model, {ActivationScale::fixed, false, halves})), true);
  for (const InputOutliers::Input& input : clipped->inputs()) CHECK(input.fixed.clipped > 0);
  CHECK_FALSE(InputOutliers::create(demo.model, {}).has_value());
}

TEST_CASE("a text of one token is refused") {
  const Demo demo;
  const auto study = ActivationStudy::create(demo.model, createCpuBackend(1), {5}, kChunk, {});
  REQUIRE_FALSE(study.has_value());
  CHECK(study.error().message.find("a text of 1 tokens") == 0);
}
