// Two models on one device, for verbs that set them side by side.
#pragma once

#include "app/cli/options.h"

namespace cutaway::cli {

/// "FILE", "demo", or either with a simulated precision behind it, "demo@int4:g64", rounded activations, "demo@a:int8", or both,
/// "demo@int4:g64+a:int8".
Result<std::shared_ptr<const ModelDescription>> describeNamed(const ModelOptions& common, const std::string& name);
/// Whether there is such a file and such a scheme, without the work of simulating it.
Result<void> checkNamed(const ModelOptions& common, const std::string& name);

struct LoadedPair {
  std::shared_ptr<const Model> a, b;
  SessionOptions options;
  /// Of the asked context, or of `tokens` where that is more.
  Result<std::unique_ptr<Session>> session(const std::shared_ptr<const Model>& model, std::uint32_t tokens) const;
};

/// A, B, --device, --kv, --context.
struct PairOptions {
  ModelOptions first;  ///< A, and what both have in common
  std::string second;

  void declare(CLI::App& command, const char* defaultCacheFormat);
  /// Refuses models with other tokens, and those that do not fit the device together, before anything is loaded.
  Result<LoadedPair> load() const;
};

}  // namespace cutaway::cli
