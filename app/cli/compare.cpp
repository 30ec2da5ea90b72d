#include "core/eval/comparison.h"

#include <unistd.h>

#include <cstdio>

#include "app/backends.h"
#include "app/cli/compare_output.h"
#include "app/cli/interrupt.h"
#include "app/cli/model_pair.h"
#include "app/cli/logit_dump.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;  ///< of both but for the file
  std::string simulation, activations;  ///< of B alone
  std::string second, secondDevice;
  PromptOptions prompt;
  ComparisonOptions comparison;
  std::uint32_t floorPlaces = 1024;
  std::string dump;
  bool noLayers = false, json = false;
};

void showProgress(const char* what, const Comparison& comparison) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r%s: %llu of %llu tokens", what, static_cast<unsigned long long>(comparison.read()),
               static_cast<unsigned long long>(comparison.total()));
}

Result<void> finish(const char* what, Comparison& comparison, const InterruptGuard& guard) {
  while (TRY(comparison.step())) {
    if (guard.interrupted())
      return fail(ErrorKind::cancelled, "stopped after ", comparison.read(), " of ", comparison.total(), " tokens");
    showProgress(what, comparison);
  }
  return {};
}

FormatId otherFormat(FormatId format) { return format == FormatId::f32 ? FormatId::f16 : FormatId::f32; }

struct Opened {
  std::shared_ptr<const ModelDescription> a, b;
  std::shared_ptr<Backend> deviceA, deviceB;
  SessionOptions session;
};

/// Both described and checked against each other before anything is loaded.
Result<Opened> open(const Options& options) {
  Opened opened;
  ModelOptions second = options.model;
  second.simulation = options.simulation;  // unless its name says another
  second.activations = options.activations;
  if (!options.secondDevice.empty()) second.device = options.secondDevice;
  opened.a = TRY(describeNamed(options.model, options.model.model));
  opened.b = TRY(describeNamed(second, options.second));
  TRY(checkSameTokens(*opened.a, *opened.b));
  opened.deviceA = TRY(openBackend(options.model.device));
  opened.deviceB = options.secondDevice.empty() ? opened.deviceA : TRY(openBackend(options.secondDevice));
  opened.session.cacheFormat = options.model.cacheFormat == "f32" ? FormatId::f32 : FormatId::f16;
  opened.session.context = options.model.context;
  if (opened.session.context == 0)
    opened.session.context = std::min(defaultContext(*opened.a), defaultContext(*opened.b));
  if (opened.deviceA == opened.deviceB) {
    const ModelDescription* both[] = {opened.a.get(), opened.b.get()};
    TRY(checkFitTogether(both, *opened.deviceA, opened.session.context, opened.session.cacheFormat));
  }
  return opened;
}

/// The reference beside itself with keys and values cached in the other format: rounding alone moves its
/// predictions by so much.
Result<NoiseFloor> noiseFloor(const Options& options, const Opened& opened, const std::shared_ptr<const Model>& model,
                              Session& session, const std::vector<TokenId>& tokens, const InterruptGuard& guard) {
  SessionOptions other = opened.session;
  other.cacheFormat = otherFormat(other.cacheFormat);
  const auto beside = TRY(Session::create(model, other));
  ComparisonOptions comparison = options.comparison;
  comparison.layers = false;
  comparison.places = options.floorPlaces;
  Comparison floor = TRY(Comparison::create(session, *beside, tokens, comparison));
  TRY(finish("noise floor", floor, guard));
  return NoiseFloor{floor.statistics(), other.cacheFormat, opened.session.cacheFormat};
}

Result<void> run(Options options) {
  const Opened opened = TRY(open(options));
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*opened.a));
  options.comparison.windows.context = opened.session.context;
  options.comparison.layers = !options.noLayers;
  const InterruptGuard guard;
  const auto modelA = TRY(loadModel(opened.a, opened.deviceA));
  const auto a = TRY(Session::create(modelA, opened.session));
  TRY(windowedText(a->tokenizer(), a->context(), tokens, options.comparison.windows));
  std::optional<NoiseFloor> floor;
  if (options.floorPlaces > 0) floor = TRY(noiseFloor(options, opened, modelA, *a, tokens, guard));
  const auto modelB = TRY(loadModel(opened.b, opened.deviceB));
  const auto b = TRY(Session::create(modelB, opened.session));
  Comparison comparison = TRY(Comparison::create(*a, *b, tokens, options.comparison));
  LogitDump dump;
  if (!options.dump.empty()) TRY(dump.watch(comparison));
  TRY(finish("comparing", comparison, guard));
  if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\033[K");
  if (!options.dump.empty()) TRY(dump.write(options.dump));
  const ComparisonReport report{a->model(), b->model(), comparison.statistics(), comparison.layers(), floor};
  if (options.json)
    printJson(comparisonJson(report));
  else
    print(comparisonText(report));
  return {};
}

}  // namespace

Run declareCompare(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("a", options->model.model, "The reference: a model, or \"demo\"; @SCHEME behind it simulates a precision")->type_name("A")->required();
  command.add_option("b", options->second, "The model that is compared with it: demo@int4:g64, ..")->type_name("B")->required();
  command.add_option("--simulate", options->simulation, "Run B as if its layers' matrices were stored so: int4:g64, nf4:dq, q4_K, ..")
      ->type_name("SCHEME");
  declareActivationChoice(command, options->activations, "Run B with the inputs of its layers' matrices rounded to 8 bits: int8, int8:static=FILE; with :all the output matrix's too");
  options->model.declareDevice(command, "f32");
  command.add_option("--device-b", options->secondDevice, "Another device for B");
  options->prompt.declare(command, "--text", true, false);
  auto& windows = options->comparison.windows;
  command.add_option("--stride", windows.stride, "Tokens from window to window (default: --context)");
  command.add_flag("--second-half", windows.secondHalf, "Score as llama-perplexity does");
  command.add_flag("--documents", windows.documents, "Split after the end-of-text token");
  command
      .add_option("--noise-floor", options->floorPlaces,
                  "Places at which A is compared with itself, cached in the other format; 0: not at all")
      ->capture_default_str();
  command.add_flag("--no-layers", options->noLayers, "Do not compare the layers' residual streams");
  command.add_option("--dump-logits", options->dump, "Also write all logits of both to a safetensors file")
      ->type_name("FILE.safetensors");
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
