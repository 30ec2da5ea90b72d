#include <cstdio>
#include <unistd.h>

#include "app/backends.h"
#include "app/cli/interrupt.h"
#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/convert/int8_activations.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  std::string calibration;
  std::uint32_t chunkTokens = 512;
  bool everything = false, json = false;
};

Result<ActivationStudy> study(const Options& options, const std::shared_ptr<const ModelDescription>& model, const std::shared_ptr<Backend>& backend,
                              const std::vector<TokenId>& text, ActivationScale scale, const ActivationRanges& ranges = {}) {
  ActivationStudy study = TRY(ActivationStudy::create(model, backend, text, options.chunkTokens, {scale, options.everything, ranges}));
  const InterruptGuard guard;
  TRY(finish(study, [&](double done) {
    if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r%3.0f %%", 100 * done);
    return !guard.interrupted();
  }));
  return study;
}

Json lossJson(const ActivationStudy& study) {
  return {{"loss", study.loss()}, {"stderr", study.standardError()}};
}

Json valueJson(const ChannelReport& dynamic, const ChannelReport& fixed) {
  Json outliers = Json::array();
  for (const OutlierChannel& outlier : dynamic.outliers) outliers.push_back({{"channel", outlier.channel}, {"largest", outlier.largest}, {"ratio", rounded(outlier.ratio, 3)}});
  return {{"value", dynamic.value},
          {"columns", dynamic.columns},
          {"largest", dynamic.largest},
          {"error_dynamic", dynamic.relativeError},
          {"error_static", fixed.relativeError},
          {"outlier_channels", dynamic.outlierCount},
          {"outliers", outliers}};
}

std::string lineOf(const ChannelReport& dynamic, const ChannelReport& fixed) {
  std::string line = concat(dynamic.value, "  largest ", rounded(double{dynamic.largest}, 2), "  error ", rounded(100 * dynamic.relativeError, 2), " % dynamic, ",
                            rounded(100 * fixed.relativeError, 2), " % static");
  for (const OutlierChannel& outlier : dynamic.outliers)
    line += concat(&outlier == &dynamic.outliers.front() ? concat("; ", dynamic.outlierCount, " outlier channels: ") : ", ", outlier.channel, " (", rounded(outlier.ratio, 1), "x)");
  return line + "\n";
}

Result<void> run(const Options& options) {
  const auto model = TRY(options.model.describe());
  const std::vector<TokenId> text = TRY(options.prompt.read(*model));
  std::vector<TokenId> calibration = text;
  if (!options.calibration.empty()) {
    const std::string content = TRY(readTextFile(options.calibration));
    calibration = model->tokenizer->encode(content, true, true);
  }
  const auto backend = TRY(openBackend(options.model.device));
  const ActivationStudy plain = TRY(study(options, model, backend, text, ActivationScale::none));
  const ActivationStudy dynamic = TRY(study(options, model, backend, text, ActivationScale::dynamic));
  const ActivationRanges ranges = options.calibration.empty() ? plain.ranges() : TRY(study(options, model, backend, calibration, ActivationScale::none)).ranges();
  const ActivationStudy fixed = TRY(study(options, model, backend, text, ActivationScale::fixed, ranges));
  if (!options.json) {
    std::string out;
    for (std::size_t i = 0; i < dynamic.reports().size(); ++i) out += lineOf(dynamic.reports()[i], fixed.reports()[i]);
    out += concat("loss ", rounded(plain.loss(), 4), "; with INT8 activations ", rounded(dynamic.loss(), 4), " dynamic, ", rounded(fixed.loss(), 4), " static; over ", plain.scored(), " tokens\n");
    print(out);
    return {};
  }
  Json values = Json::array();
  for (std::size_t i = 0; i < dynamic.reports().size(); ++i) values.push_back(valueJson(dynamic.reports()[i], fixed.reports()[i]));
  printJson({{"tokens", plain.scored()}, {"plain", lossJson(plain)}, {"dynamic", lossJson(dynamic)}, {"static", lossJson(fixed)}, {"values", values}});
  return {};
}

}  // namespace

Run declareActivations(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declareModel(command);
  command.add_option("--device", options->model.device, "Part of a device's name, its number in \"devices\", or cpu");
  options->prompt.declare(command, "--text", true, false);
  command.add_option("--calibration", options->calibration, "Text that static scales are taken from (default: the text itself)")->type_name("FILE");
  command.add_option("--chunk-tokens", options->chunkTokens, "Tokens that are read together")->check(CLI::Range(2, 8192))->capture_default_str();
  command.add_flag("--all", options->everything, "Round what the output matrix reads too");
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
