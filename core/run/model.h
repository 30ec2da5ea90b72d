// A model loaded on a backend: file, architecture, tokenizer, weights. Immutable, shared by sessions.
#pragma once

#include <optional>

#include "core/arch/family.h"
#include "core/run/backend.h"

namespace cutaway {

/// What a file is, without its weights on any device: enough for the model card, the tokenizer and the fit estimate.
struct ModelDescription {
  ModelFile file;
  Architecture architecture;
  std::unique_ptr<Tokenizer> tokenizer;
  std::string name;          ///< general.name, else the file's name
  std::string templateText;  ///< tokenizer.chat_template, or empty

  const Config& config() const { return architecture.config; }
  const Graph& graph() const { return architecture.graph; }
};

Result<std::shared_ptr<const ModelDescription>> describeModel(ModelFile file);

/// Bytes per class that a model and a session would take, before anything is allocated.
struct MemoryEstimate {
  std::uint64_t weights = 0, cache = 0, scratch = 0;
  std::uint64_t available = 0;        ///< on the device now
  std::uint32_t context = 0;          ///< asked for
  std::uint32_t longestContext = 0;   ///< that would fit, at most the model's own; 0 when the weights alone do not
  std::uint64_t total() const { return weights + cache + scratch; }
  bool fits() const { return total() <= available; }
};
MemoryEstimate estimateMemory(const ModelDescription& model, Backend& backend, std::uint32_t context,
                              FormatId cacheFormat);

struct Model {
  std::shared_ptr<const ModelDescription> description;
  std::shared_ptr<Backend> backend;
  WeightTable weights;
  double loadSeconds = 0;
};

/// Checks that the weights fit, then uploads them. A failure says what was tried and what would fit.
Result<std::shared_ptr<const Model>> loadModel(std::shared_ptr<const ModelDescription> description,
                                               std::shared_ptr<Backend> backend, const LoadProgress& progress = {},
                                               std::stop_token stop = {});

}  // namespace cutaway
