#include "app/cli/model_pair.h"

#include <filesystem>

#include "app/backends.h"
#include "core/convert/activation_choice.h"
#include "core/convert/simulated_file.h"
#include "core/eval/comparison.h"

namespace cutaway::cli {

namespace {

constexpr std::string_view kActivations = "a:";

ModelOptions namedOptions(const ModelOptions& common, const std::string& name) {
  ModelOptions options = common;
  options.model = name;
  const std::size_t at = name.rfind('@');
  if (at != std::string::npos && !std::filesystem::exists(name)) {
    options.model = name.substr(0, at);
    const std::string precision = name.substr(at + 1);
    const std::size_t split = precision.starts_with(kActivations) ? 0 : precision.find(concat("+", kActivations));
    if (split != 0) options.simulation = precision.substr(0, split);
    if (split != std::string::npos) options.activations = precision.substr(split + (split > 0) + kActivations.size());
  }
  return options;
}

}  // namespace

Result<void> checkNamed(const ModelOptions& common, const std::string& name) {
  const ModelOptions options = namedOptions(common, name);
  TRY(options.open());
  if (!options.simulation.empty()) TRY(parseSimulation(options.simulation));
  if (!options.activations.empty()) TRY(parseActivations(options.activations));
  return {};
}

Result<std::shared_ptr<const ModelDescription>> describeNamed(const ModelOptions& common, const std::string& name) {
  return namedOptions(common, name).describe();
}

Result<std::unique_ptr<Session>> LoadedPair::session(const std::shared_ptr<const Model>& model,
                                                     std::uint32_t tokens) const {
  SessionOptions own = options;
  own.context = std::max(own.context, tokens);
  return Session::create(model, own);
}

void PairOptions::declare(CLI::App& command, const char* defaultCacheFormat) {
  command.add_option("a", first.model, "The finer one, the reference: a model, or \"demo\"; @SCHEME behind it simulates a precision, @a:int8 or @SCHEME+a:int8 INT8 activations")->type_name("A")->required();
  command.add_option("b", second, "The coarser one: demo@int4:g64, demo@nf4:dq, ..")->type_name("B")->required();
  first.declareDevice(command, defaultCacheFormat);
}

Result<LoadedPair> PairOptions::load() const {
  const auto a = TRY(describeNamed(first, first.model)), b = TRY(describeNamed(first, second));
  TRY(checkSameTokens(*a, *b));
  const auto backend = TRY(openBackend(first.device));
  LoadedPair pair;
  pair.options.cacheFormat = first.cacheFormat == "f32" ? FormatId::f32 : FormatId::f16;
  pair.options.context = first.context > 0 ? first.context : std::min(defaultContext(*a), defaultContext(*b));
  const ModelDescription* both[] = {a.get(), b.get()};
  TRY(checkFitTogether(both, *backend, pair.options.context, pair.options.cacheFormat));
  pair.a = TRY(loadModel(a, backend));
  pair.b = TRY(loadModel(b, backend));
  return pair;
}

}  // namespace cutaway::cli
