// Not a test: measures the loss of the demo model's held-out text under rounding, GPTQ and AWQ, with paired standard errors.
//
//   python3 tests/oracles/gptq/make_calibration.py 150000 CALIBRATION.txt
//   build/release/tests/core/convert/compare_methods CALIBRATION.txt [FOLDER]   (a target of its own: ninja compare_methods)
//
// Groups of 128, with zero points, in the GPTQ layout, so that all three are stored alike. A difference is that of the mean loss per
// token; its error is that of the mean of differences over documents, since tokens of one document are not independent.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>

#include "core/convert/calibrated.h"
#include "core/cpu/cpu_backend.h"
#include "support/model_runner.h"
#include "support/paths.h"

using namespace cutaway;
using test::require;

namespace {

struct Loss {
  double sum = 0, tokens = 0;
};

std::vector<std::vector<TokenId>> documents(const Tokenizer& tokenizer) {
  const std::string text = test::readFile(test::projectFile("resources/demo-model/demo-eval.txt"));
  constexpr std::string_view kEnd = "<|endoftext|>";
  std::vector<std::vector<TokenId>> list;
  for (std::size_t begin = 0, end; (end = text.find(kEnd, begin)) != std::string::npos; begin = end + kEnd.size() + 1)
    list.push_back(tokenizer.encode(text.substr(begin, end + kEnd.size() - begin), true, true));
  return list;
}

std::vector<Loss> losses(const std::string& path, const std::vector<std::vector<TokenId>>& texts) {
  const test::LoadedModel model = test::loadModelFile(path, createCpuBackend());
  std::vector<Loss> result;
  for (std::vector<TokenId> tokens : texts) {
    tokens.resize(std::min<std::size_t>(tokens.size(), 512));
    test::Runner::Wanted wanted;
    wanted.targets.assign(tokens.begin() + 1, tokens.end());
    wanted.targets.push_back(0);
    const StepResult step = test::Runner(model, 512).run(tokens, wanted);
    Loss loss;
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) loss.sum += double{step.rows[i].logSumExp} - double{step.rows[i].targetLogit};
    loss.tokens = static_cast<double>(tokens.size() - 1);
    result.push_back(loss);
  }
  return result;
}

struct Difference {
  double mean = 0, error = 0;
};
Difference paired(const std::vector<Loss>& a, const std::vector<Loss>& b) {
  double tokens = 0, sum = 0, squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    tokens += a[i].tokens;
    sum += a[i].sum - b[i].sum;
  }
  const double mean = sum / tokens, count = static_cast<double>(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) squares += std::pow(a[i].sum - b[i].sum - mean * a[i].tokens, 2);
  return {mean, std::sqrt(squares * count / (count - 1)) / tokens};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: compare_methods CALIBRATION.txt [FOLDER]\n"), 2;
  const std::filesystem::path folder = argc > 2 ? argv[2] : std::filesystem::temp_directory_path() / "cutaway-methods";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string demoPath = test::projectFile("resources/demo-model/demo-f16.gguf");
  const auto demo = require(describeModel(require(openModelFile(demoPath))));
  const auto texts = documents(*demo->tokenizer);
  const auto reference = losses(demoPath, texts);
  double sum = 0, tokens = 0;
  for (const Loss& loss : reference) {
    sum += loss.sum;
    tokens += loss.tokens;
  }
  std::printf("%zu documents, %.0f tokens; F16: loss %.4f\n", texts.size(), tokens, sum / tokens);
  ThreadPool pool;
  for (const std::uint32_t bits : {4u, 3u}) {
    std::vector<Loss> rounded;
    for (const GroupedMethod method : {GroupedMethod::rtn, GroupedMethod::gptq, GroupedMethod::awq}) {
      CalibratedRequest request;
      request.target = (folder / concat(groupedMethodName(method), bits)).string();
      request.form = TargetForm::gptq;
      request.method = method;
      request.scheme = {bits, 128, false};
      request.gptq.searchedRange = method == GroupedMethod::gptq;
      request.text = demo->tokenizer->encode(test::readFile(argv[1]), true, true);
      const std::size_t read = request.text.size();
      const auto job = require(startCalibrated(demo, createCpuBackend(), request, pool));
      while (require(job->step())) {
      }
      const auto found = losses(request.target, texts);
      if (method == GroupedMethod::rtn) rounded = found;
      const Difference above = paired(found, reference), beside = paired(found, rounded);
      std::printf("%u bits, %s: %+.4f above F16, %+.4f +/- %.4f beside rtn (%+.1f standard errors); %zu tokens of text, %.1f s\n", bits, groupedMethodName(method),
                  above.mean, beside.mean, beside.error, beside.error > 0 ? beside.mean / beside.error : 0.0, read, job->progress().seconds);
      std::fflush(stdout);
    }
  }
  std::filesystem::remove_all(folder);
}
