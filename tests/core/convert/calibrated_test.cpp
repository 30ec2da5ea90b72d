// GPTQ and AWQ of whole models: the demo model to every form and back.
#include "core/convert/quantize.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "core/cpu/cpu_backend.h"
#include "core/eval/perplexity.h"
#include "core/format/hugging_face.h"
#include "support/model_runner.h"
#include "support/paths.h"
#include "support/real_model.h"

using namespace cutaway;
using test::require;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  Fixture() : folder(fs::temp_directory_path() / concat("cutaway-calibrated-", getpid())) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    demo = require(describeModel(require(openModelFile(test::projectFile("resources/demo-model/demo-f16.gguf")))));
    text = demo->tokenizer->encode(test::readFile(test::projectFile("tests/oracles/gptq/calibration.txt")), true, true);
    text.resize(1024);
  }
  ~Fixture() { fs::remove_all(folder); }

  CalibratedRequest request(GroupedMethod method, TargetForm form, GroupedScheme scheme) const {
    CalibratedRequest request;
    request.target = (folder / (form == TargetForm::gguf ? "model.gguf" : "model")).string();
    request.form = form;
    request.method = method;
    request.scheme = scheme;
    request.text = text;
    request.chunkTokens = 256;
    request.mostChunks = 2;
    request.awq.steps = 6;
    return request;
  }
  std::string error(const CalibratedRequest& request) const {
    const auto job = startCalibrated(demo, createCpuBackend(2), request, pool);
    return job ? "no error" : job.error().message;
  }
  std::unique_ptr<Conversion> convert(const CalibratedRequest& request) const {
    auto job = require(startCalibrated(demo, createCpuBackend(2), request, pool));
    double before = 0;
    while (require(job->step())) {
      CHECK(job->progress().done >= before);
      before = job->progress().done;
    }
    CHECK(job->progress().done == 1);
    return job;
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
    return names;
  }

  fs::path folder;
  std::shared_ptr<const ModelDescription> demo;
  std::vector<TokenId> text;
  mutable ThreadPool pool{2};
};

std::vector<float> decoded(const ModelFile& file, const std::string& name) {
  const TensorInfo* tensor = file.find(name);
  INFO(name);
  REQUIRE(tensor != nullptr);
  std::vector<float> weights(tensor->elements());
  numberFormat(tensor->format).decode(file.data(*tensor).bytes, weights);
  return weights;
}

void checkEqualWeights(const ModelFile& a, const ModelFile& b) {
  CHECK(a.tensors.size() == b.tensors.size());
  for (const TensorInfo& tensor : a.tensors) {
    CAPTURE(tensor.name);
    CHECK(decoded(a, tensor.name) == decoded(b, tensor.name));
  }
}

}  // namespace

TEST_CASE("a symmetric GPTQ model is the same weights in GGUF and in both kinds of directory") {
  if (test::kSanitized) return;
  const Fixture f;
  const GroupedScheme scheme{4, 128, true};
  const auto job = f.convert(f.request(GroupedMethod::gptq, TargetForm::gguf, scheme));
  CHECK(job->reports().size() == f.demo->file.tensors.size() - 12);  // norms of layers are not told of
  const ModelFile gguf = require(openModelFile((f.folder / "model.gguf").string()));
  CHECK(gguf.find("blk.0.attn_q.weight")->format == FormatId::q4_0);
  CHECK(gguf.bytes() == job->targetBytes());
  f.convert(f.request(GroupedMethod::gptq, TargetForm::gptq, scheme));
  const ModelFile gptq = require(openModelFile((f.folder / "model").string()));
  CHECK(gptq.container == "Hugging Face directory, GPTQ, 4 bits");
  CHECK(gptq.find("blk.0.attn_q.weight")->format == FormatId::q4_0);
  checkEqualWeights(gguf, gptq);
  fs::remove_all(f.folder / "model");
  f.convert(f.request(GroupedMethod::gptq, TargetForm::awq, scheme));
  checkEqualWeights(gguf, require(openModelFile((f.folder / "model").string())));
  CHECK(f.files() == std::set<std::string>{"model", "model.gguf"});
}

TEST_CASE("directories keep the tokenizer and what config.json says") {
  const Fixture f;
  f.convert(f.request(GroupedMethod::rtn, TargetForm::gptq, {4, 32, false}));
  const auto model = require(describeModel(require(openModelFile((f.folder / "model").string()))));
  const std::string sample = test::readFile(test::projectFile("tests/oracles/gptq/calibration.txt")).substr(0, 3000);
  CHECK(model->tokenizer->encode(sample, true, true) == f.demo->tokenizer->encode(sample, true, true));
  CHECK(model->templateText == f.demo->templateText);
  CHECK(model->tokenizer->eos() == f.demo->tokenizer->eos());
  CHECK(model->config().normEpsilon == f.demo->config().normEpsilon);
  CHECK(model->config().rope.frequency == f.demo->config().rope.frequency);
  CHECK(model->file.find("blk.0.ffn_up.weight")->format == FormatId::q4_Z);
}

TEST_CASE("every width and order of codes comes back as it was written") {
  const Fixture f;
  for (const std::uint32_t bits : {2u, 3u, 4u, 8u})
    for (const bool symmetric : {true, false}) {
      if (test::kSanitized && (bits != 4 || symmetric)) continue;
      CAPTURE(bits);
      CAPTURE(symmetric);
      const GroupedMethod method = bits == 4 ? GroupedMethod::gptq : GroupedMethod::rtn;
      CalibratedRequest request = f.request(method, TargetForm::gptq, {bits, 64, symmetric});
      request.gptq.byImportance = true;
      request.mostChunks = 1;
      const auto job = f.convert(request);
      const ModelFile file = require(openModelFile(request.target));
      CHECK(file.notes.empty() == !(bits == 4 || (bits == 8 && !symmetric)));
      // The errors told while writing are those of the weights that are read back.
      for (const TensorReport& report : job->reports()) {
        if (report.squaredError == 0) continue;
        const auto before = decoded(f.demo->file, report.name), after = decoded(file, report.name);
        double error = 0;
        for (std::size_t i = 0; i < before.size(); ++i) error += std::pow(double{after[i]} - double{before[i]}, 2);
        CHECK(error == doctest::Approx(report.squaredError).epsilon(file.notes.empty() ? 1e-6 : 1e-3));
      }
      fs::remove_all(request.target);
    }
}

TEST_CASE("AWQ folds its scales into the ops before: at 8 bits the model computes what it did") {
  const Fixture f;
  f.convert(f.request(GroupedMethod::awq, TargetForm::gguf, {8, 32, true}));
  const ModelFile file = require(openModelFile((f.folder / "model.gguf").string()));
  CHECK(decoded(file, "blk.0.attn_norm.weight") != decoded(f.demo->file, "blk.0.attn_norm.weight"));
  const auto backend = createCpuBackend(2);
  const std::vector<TokenId> tokens(f.text.begin(), f.text.begin() + 64);
  const auto logits = [&](const std::string& path) {
    return test::Runner(test::loadModelFile(path, backend), 64).run(tokens, {.fullLogits = true});
  };
  const auto expected = logits(test::projectFile("resources/demo-model/demo-f16.gguf")), found = logits((f.folder / "model.gguf").string());
  for (std::size_t i = 0; i < tokens.size(); ++i)
    for (std::size_t v = 0; v < expected.rows[i].logits.size(); ++v)
      REQUIRE(found.rows[i].logits[v] == doctest::Approx(expected.rows[i].logits[v]).epsilon(0.5).scale(1));
}

TEST_CASE("calibrated codes of 3 bits leave less of the loss than rounding") {
  if (test::kSanitized) return;
  const Fixture f;
  const auto loss = [&](GroupedMethod method) {
    CalibratedRequest request = f.request(method, TargetForm::gguf, {3, 128, true});
    request.mostChunks = 4;
    f.convert(request);
    const auto model = require(loadModel(require(describeModel(require(openModelFile(request.target)))), createCpuBackend(2)));
    const auto session = require(Session::create(model, {.context = 512}));
    std::vector<TokenId> held = f.demo->tokenizer->encode(test::readFile(test::projectFile("resources/demo-model/demo-eval.txt")), true, true);
    held.resize(1500);
    Perplexity perplexity = require(Perplexity::create(*session, held, {.documents = true}));
    while (require(perplexity.step())) {
    }
    return std::log(perplexity.result().perplexity);
  };
  const double rounded = loss(GroupedMethod::rtn), gptq = loss(GroupedMethod::gptq), awq = loss(GroupedMethod::awq);
  MESSAGE("losses at 3 bits: rtn " << rounded << ", gptq " << gptq << ", awq " << awq);
  CHECK(gptq < rounded);
  CHECK(awq < rounded);
}

TEST_CASE("what cannot be done says so, and nothing is left") {
  const Fixture f;
  CalibratedRequest request = f.request(GroupedMethod::gptq, TargetForm::gguf, {4, 128, true});
  request.text.resize(100);
  CHECK(f.error(request).find("the calibration text has 100 tokens, too few to say what matters; expected 256 at least") == 0);
  request = f.request(GroupedMethod::gptq, TargetForm::gptq, {4, 96, true});
  CHECK(f.error(request).find("no whole groups of 96; groups of 64 would fit, or one per row") != std::string::npos);
  request = f.request(GroupedMethod::gptq, TargetForm::awq, {4, 64, true});
  request.gptq.byImportance = true;
  CHECK(f.error(request).find("which the AWQ layout does not hold; take static groups") != std::string::npos);
  request = f.request(GroupedMethod::gptq, TargetForm::gguf, {8, 128, false});
  CHECK(f.error(request).find("8 bits with zero points, which no GGUF type holds") == 0);
  request = f.request(GroupedMethod::gptq, TargetForm::gguf, {4, 128, true});
  request.gptq.byImportance = true;
  CHECK(f.error(request).find("take static groups") != std::string::npos);
  request = f.request(GroupedMethod::awq, TargetForm::awq, {3, 128, true});
  CHECK(f.error(request).find("the AWQ layout holds 4 bits, not 3") != std::string::npos);
  request = f.request(GroupedMethod::gptq, TargetForm::gptq, {4, 128, true});
  request.target = f.folder.string();
  CHECK(f.error(request).find("is there already") != std::string::npos);
  for (const TargetForm form : {TargetForm::gguf, TargetForm::gptq}) {
    auto job = require(startCalibrated(f.demo, createCpuBackend(2), f.request(GroupedMethod::gptq, form, {4, 128, true}), f.pool));
    for (int i = 0; i < 12; ++i) CHECK(require(job->step()));
    job.reset();  // cancelled
  }
  CHECK(f.files().empty());
}

TEST_CASE("a row that is no whole groups gets smaller ones in a GGUF file, which is said") {
  const Fixture f;
  CalibratedRequest request = f.request(GroupedMethod::rtn, TargetForm::gguf, {4, 96, true});
  const ConversionOutlook outlook = require(foreseeCalibrated(*f.demo, request));
  CHECK(f.files().empty());
  const auto job = f.convert(request);
  CHECK(outlook.bytes == job->targetBytes());
  CHECK(outlook.bytes == fs::file_size(request.target));
  CHECK(outlook.fallbacks == 36);  // all matrices of layers but ffn_down, whose rows of 768 are whole groups
  CHECK(outlook.fallback.find(": rows of 256 are no whole groups of 96: groups of 64") != std::string::npos);
  std::uint64_t noted = 0;
  for (const TensorReport& report : job->reports()) noted += report.note.empty() ? 0 : 1;
  CHECK(noted == outlook.fallbacks);
  const ModelFile mixed = require(openModelFile(request.target));
  request.scheme.groupSize = 64;
  f.convert(request);
  CHECK(decoded(mixed, "blk.2.attn_q.weight") == decoded(require(openModelFile(request.target)), "blk.2.attn_q.weight"));
}

TEST_CASE("every method of the table foresees what it makes, and says what is wrong before it begins") {
  const Fixture f;
  const std::string text = test::readFile(test::projectFile("tests/oracles/gptq/calibration.txt"));
  const QuantizeMeans means{f.pool, [] { return Result<std::shared_ptr<Backend>>(createCpuBackend(2)); }};
  for (const QuantizeMethod& method : quantizeMethods()) {
    CAPTURE(method.name);
    QuantizeRequest request{.target = (f.folder / "model.gguf").string(), .mix = findMix("Q4_0"), .text = text};
    request.grouped.scheme = {4, 64, true};
    request.grouped.chunkTokens = 256;
    request.grouped.mostChunks = 1;
    request.grouped.awq.steps = 2;
    const ConversionOutlook outlook = require(method.foresee(f.demo->file, request));
    if (!(test::kSanitized && method.takes(kTextChoice))) {
      const auto job = require(method.start(f.demo->file, request, means));
      while (require(job->step())) {
      }
      CHECK(fs::file_size(request.target) == outlook.bytes);
      CHECK(job->outlook().bitsPerWeight == outlook.bitsPerWeight);
      CHECK(require(openModelFile(request.target)).tensors.size() == f.demo->file.tensors.size());
      fs::remove(request.target);
    }
    request.target = f.demo->file.source.name;
    const auto refused = method.foresee(f.demo->file, request);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("is the source itself") != std::string::npos);
    if (!method.takes(kTextChoice)) continue;
    request.target = (f.folder / "model.gguf").string();
    request.text = "too short";
    CHECK(method.foresee(f.demo->file, request).error().message.find("tokens, too few to say what matters") != std::string::npos);
    request.text.clear();
    CHECK(method.foresee(f.demo->file, request).error().message.find("needs a text that the model reads") != std::string::npos);
  }
  CHECK(f.files().empty());
}
