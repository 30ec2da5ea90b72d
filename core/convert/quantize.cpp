#include "core/convert/quantize.h"

#include "core/base/utf8.h"

namespace cutaway {
namespace {

/// Copied when first asked for: the rows are constants of other files.
std::span<const QuantizeMethod> table() {
  static const QuantizeMethod kMethods[] = {methods::kRounding, methods::kGroups, methods::kGptq, methods::kAwq};
  return kMethods;
}

constexpr std::uint64_t kQuantizationVersion = 2;  ///< of ggml's block layouts

/// Of the source, but for what is about its file.
Metadata targetMetadata(const ModelFile& source, const QuantizeRequest& request) {
  Metadata metadata(request.target);
  for (const auto& [key, value] : source.metadata.entries())
    if (!key.starts_with("split.") && !key.starts_with("cutaway.")) metadata.set(key, value);
  metadata.set("general.quantization_version", {MetaType::u32, kQuantizationVersion});
  metadata.set("general.file_type", {MetaType::u32, std::uint64_t{request.mix->fileType}});
  return metadata;
}

std::string fallbackNote(const TensorInfo& tensor, const FormatChoice& choice) {
  if (choice.format == choice.wanted) return {};
  const NumberFormat& wanted = numberFormat(choice.wanted);
  return concat("rows of ", tensor.columns(), " are no multiple of ", wanted.blockSize, ": ",
                numberFormat(choice.format).name, " instead of ", wanted.name);
}

}  // namespace

Result<QuantizePlan> planQuantizing(const ModelFile& source, const QuantizeRequest& request) {
  const bool important = request.importance != nullptr;
  const auto choices = chooseFormats(source, *request.mix, request.pure, important);
  QuantizePlan plan;
  plan.metadata = targetMetadata(source, request);
  double bits = 0, weights = 0;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const TensorInfo& tensor = source.tensors[i];
    const NumberFormat& format = numberFormat(choices[i].format);
    if (important) TRY(request.importance->find(tensor.name, tensor.columns()));
    plan.tensors.push_back({tensor.name, tensor.shape, choices[i].format});
    plan.notes.push_back(fallbackNote(tensor, choices[i]));
    plan.fallbacks += plan.notes.back().empty() ? 0 : 1;
    if (plan.fallback.empty() && !plan.notes.back().empty()) plan.fallback = concat(tensor.name, ": ", plan.notes.back());
    bits += 8.0 * static_cast<double>(format.bytesFor(tensor.elements()));
    weights += static_cast<double>(tensor.elements());
  }
  plan.bytes = TRY(ggufBytes(request.target, plan.metadata, plan.tensors));
  plan.bitsPerWeight = weights > 0 ? bits / weights : 0;
  return plan;
}

std::span<const QuantizeMethod> quantizeMethods() { return table(); }

const QuantizeMethod* findQuantizeMethod(std::string_view name) {
  for (const QuantizeMethod& method : table())
    if (name == method.name) return &method;
  return nullptr;
}

std::string quantizeMethodNames() {
  std::string names;
  for (const QuantizeMethod& method : table()) names += concat(names.empty() ? "" : ", ", method.name);
  return names;
}

}  // namespace cutaway
