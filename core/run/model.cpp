#include "core/run/model.h"

#include <algorithm>
#include <chrono>

namespace cutaway {
namespace {

/// The largest number format in which all weights would fit, or null.
const NumberFormat* formatThatFits(std::uint64_t weights, std::uint64_t bytes) {
  const NumberFormat* best = nullptr;
  for (const NumberFormat& format : numberFormats()) {
    const bool fits =
        format.inGguf() && format.bitsPerWeight() * static_cast<double>(weights) <= 8.0 * static_cast<double>(bytes);
    if (fits && (best == nullptr || format.bitsPerWeight() > best->bitsPerWeight())) best = &format;
  }
  return best;
}

/// What the user could do about weights that need `needed` bytes: the end of a sentence.
std::string whatWouldFit(const ModelDescription& model, Backend& backend, std::uint64_t needed) {
  const DeviceKind kind = backend.device().kind;
  const bool ownMemory = kind != DeviceKind::cpu && kind != DeviceKind::software;
  std::string advice;
  if (const auto* format = formatThatFits(weightCount(model), backend.ledger().available()))
    advice = concat("; the model quantized to ", format->name, " would fit");
  if (const std::uint64_t host = freeHostMemory(); ownMemory && host >= needed)
    advice += concat("; the CPU would hold it as it is, with ", formatBytes(host), " free");
  return advice.empty() ? "; close other programs or choose a smaller model" : advice;
}

}  // namespace

std::uint64_t weightCount(const ModelDescription& model) {
  std::uint64_t count = 0;
  for (const Weight& weight : model.graph().weights)
    if (const TensorInfo* tensor = model.file.find(weight.name)) count += tensor->elements();
  return count;
}

std::uint64_t weightBytes(const ModelDescription& model, const Backend& backend) {
  std::uint64_t bytes = 0;
  for (const Weight& weight : model.graph().weights)
    if (const TensorInfo* tensor = model.file.find(weight.name))
      bytes += backend.deviceBytes(weight, *tensor);
  return bytes;
}

CacheShape cacheShape(const ModelDescription& model, std::uint32_t context, FormatId format) {
  const Graph& graph = model.graph();
  return {graph.layers, graph.keyValueHeads, graph.headWidth,
          context / kPageCells + (context % kPageCells != 0 ? 1 : 0), format};
}

std::uint32_t contextThatFits(const ModelDescription& model, FormatId format, std::uint64_t bytes,
                              std::uint32_t limit) {
  const std::uint64_t pages = bytes / std::max<std::uint64_t>(cacheShape(model, 1, format).bytes(), 1);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(pages * kPageCells, limit));
}

std::uint32_t defaultContext(const ModelDescription& model) {
  return std::min(model.config().contextLength, kDefaultContext);
}

MemoryEstimate estimateMemory(const ModelDescription& model, Backend& backend, std::uint32_t context,
                              FormatId cacheFormat) {
  MemoryEstimate estimate;
  estimate.weights = weightBytes(model, backend);
  estimate.scratch = backend.scratchBytes(model.graph(), PlanOptions{});
  estimate.available = backend.ledger().available();
  const std::uint64_t fixed = estimate.weights + estimate.scratch;
  if (fixed <= estimate.available)
    estimate.longestContext =
        contextThatFits(model, cacheFormat, estimate.available - fixed, model.config().contextLength);
  estimate.context = context;
  if (context == 0) {
    estimate.context = defaultContext(model);
    if (estimate.longestContext > 0) estimate.context = std::min(estimate.context, estimate.longestContext);
  }
  estimate.cache = cacheShape(model, estimate.context, cacheFormat).bytes();
  return estimate;
}

Result<std::shared_ptr<const Model>> loadModel(std::shared_ptr<const ModelDescription> description,
                                               std::shared_ptr<Backend> backend, const LoadProgress& progress,
                                               std::stop_token stop) {
  const std::uint64_t needed = weightBytes(*description, *backend);
  const std::uint64_t available = backend->ledger().available();
  if (needed > available)
    return fail(ErrorKind::outOfMemory, "the weights of ", description->name, " need ", formatBytes(needed),
                ", but ", backend->device().name, " has only ", formatBytes(available), " free",
                whatWouldFit(*description, *backend, needed));
  const auto start = std::chrono::steady_clock::now();
  auto model = std::make_shared<Model>();
  model->weights = TRY(backend->upload(description->file, description->graph(), progress, stop));
  model->loadSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  model->description = std::move(description);
  model->backend = std::move(backend);
  return std::shared_ptr<const Model>(std::move(model));
}

}  // namespace cutaway
