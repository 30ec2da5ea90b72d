#include "app/cli/model_pair.h"

#include "app/backends.h"
#include "core/eval/comparison.h"

namespace cutaway::cli {

Result<std::unique_ptr<Session>> LoadedPair::session(const std::shared_ptr<const Model>& model,
                                                     std::uint32_t tokens) const {
  SessionOptions own = options;
  own.context = std::max(own.context, tokens);
  return Session::create(model, own);
}

void PairOptions::declare(CLI::App& command, const char* defaultCacheFormat) {
  command.add_option("a", first.model, "The finer one, the reference: GGUF file, or \"demo\"")->type_name("A")->required();
  command.add_option("b", second, "The coarser one")->type_name("B")->required();
  first.declareDevice(command, defaultCacheFormat);
}

Result<LoadedPair> PairOptions::load() const {
  ModelOptions other = first;
  other.model = second;
  const auto a = TRY(first.describe()), b = TRY(other.describe());
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
