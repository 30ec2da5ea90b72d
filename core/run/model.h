// A model loaded on a backend: file, architecture, tokenizer, weights. Immutable, shared by sessions.
#pragma once

#include <optional>

#include "core/arch/family.h"
#include "core/graph/rounded_inputs.h"
#include "core/run/backend.h"

namespace cutaway {

/// What a file is, without its weights on any device: enough for the model card, the tokenizer and the fit
/// estimate.
struct ModelDescription {
  ModelFile file;
  Architecture architecture;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::string name;          ///< general.name, else the file's name
  std::string templateText;  ///< tokenizer.chat_template, or empty
  ActivationRounding activations;  ///< that the graph simulates

  const Config& config() const { return architecture.config; }
  const Graph& graph() const { return architecture.graph; }
};

/// Fails when the tokenizer has more tokens than the embedding has rows. Rows beyond the tokenizer's are
/// padding, as real files have it.
Result<std::shared_ptr<const ModelDescription>> describeModel(ModelFile file);

/// The same model with its activations rounded so. Of one without rounding.
Result<std::shared_ptr<const ModelDescription>> roundActivations(const ModelDescription& model, ActivationRounding rounding);

std::uint64_t weightCount(const ModelDescription& model);  ///< numbers in the tensors that the graph reads
/// Bytes of the model's weights on the device.
std::uint64_t weightBytes(const ModelDescription& model, const Backend& backend);
/// A cache of whole pages for `context` tokens.
CacheShape cacheShape(const ModelDescription& model, std::uint32_t context, FormatId format);
/// Tokens whose cache fits in `bytes`, at most `limit`; whole pages, unless `limit` ends one.
std::uint32_t contextThatFits(const ModelDescription& model, FormatId format, std::uint64_t bytes,
                              std::uint32_t limit);
/// What a session holds when it is not told: the model's own context, at most kDefaultContext.
inline constexpr std::uint32_t kDefaultContext = 4096;
std::uint32_t defaultContext(const ModelDescription& model);

/// Bytes per class that a model and a session would take, before anything is allocated.
struct MemoryEstimate {
  std::uint64_t weights = 0, cache = 0, scratch = 0;
  std::uint64_t available = 0;  ///< on the device now
  std::uint32_t context = 0;    ///< asked for, or the default
  std::uint32_t longestContext =
      0;  ///< that would fit, at most the model's own; 0 when the weights alone do not
  std::uint64_t total() const { return weights + cache + scratch; }
  bool fits() const { return total() <= available; }
};
/// `context` 0: the default, or what fits of it.
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
                                               std::shared_ptr<Backend> backend,
                                               const LoadProgress& progress = {}, std::stop_token stop = {});

}  // namespace cutaway
