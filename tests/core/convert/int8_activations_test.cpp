// INT8 activations of the demo model: what is computed in parts is what is computed whole, and rounding costs what it should.
#include "core/convert/int8_activations.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/cpu/cpu_backend.h"
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
    auto study = require(ActivationStudy::create(model, createCpuBackend(2), text, kChunk, scale, ranges));
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
    CHECK(plain.reports()[i].outliers.size() <= ActivationReport::kShown);
    for (const OutlierChannel& outlier : plain.reports()[i].outliers) CHECK(outlier.ratio >= ActivationReport::kOutlierRatio);
  }
}

TEST_CASE("a text of one token is refused") {
  const Demo demo;
  const auto study = ActivationStudy::create(demo.model, createCpuBackend(1), {5}, kChunk, ActivationScale::none);
  REQUIRE_FALSE(study.has_value());
  CHECK(study.error().message.find("a text of 1 tokens") == 0);
}
