#include "core/arch/family.h"

#include <algorithm>
#include <set>

#include "core/arch/families.h"

namespace cutaway {
namespace {

constexpr Family kFamilies[] = {
    {"llama", configureLlama, buildLlama},
    {"qwen2", configureQwen2, buildLlama},
    {"qwen3", configureQwen3, buildQwen3},
};

const Family* findFamily(std::string_view name) {
  const auto found =
      std::ranges::find(kFamilies, name, [](const Family& f) { return std::string_view(f.name); });
  return found == std::end(kFamilies) ? nullptr : found;
}

std::string familyNames() {
  std::string names;
  for (const Family& family : kFamilies) names += (names.empty() ? "" : ", ") + std::string(family.name);
  return names;
}

std::string shapeText(const std::vector<std::uint64_t>& shape) {
  std::string text = "(";
  for (const std::uint64_t size : shape) text += concat(text.size() > 1 ? ", " : "", size);
  return text + ")";
}

Result<void> checkWeights(const ModelFile& file, const Graph& graph) {
  for (const Weight& weight : graph.weights) {
    const TensorInfo* tensor = file.find(weight.name);
    if (tensor == nullptr)
      return fail(ErrorKind::badInput, file.metadata.fileName(), ": the tensor ", weight.name,
                  " is missing; expected shape ", shapeText(weight.shape));
    if (tensor->shape != weight.shape)
      return fail(ErrorKind::badInput, file.metadata.fileName(), ": the tensor ", weight.name, " has shape ",
                  shapeText(tensor->shape), ", expected ", shapeText(weight.shape));
  }
  return {};
}

/// Tensors that carry nothing to compute with: factors that went into RopeAttributes, and tables that old
/// converters wrote beside them.
bool isIgnored(std::string_view name) {
  return name == "rope_freqs.weight" || name.ends_with(".attn_rot_embd.weight");
}

/// A tensor that the graph does not read (a bias, an extra norm) means that its results would be wrong.
Result<void> checkNothingLeft(const ModelFile& file, const Graph& graph) {
  std::set<std::string_view> read;
  for (const Weight& weight : graph.weights) read.insert(weight.name);
  for (const TensorInfo& tensor : file.tensors)
    if (!read.contains(tensor.name) && !isIgnored(tensor.name))
      return fail(ErrorKind::badInput, file.metadata.fileName(), ": the tensor ", tensor.name, " ",
                  shapeText(tensor.shape),
                  " has no place in this model family; the model is a variant that cannot be "
                  "run");
  return {};
}

}  // namespace

std::span<const Family> families() { return kFamilies; }

Result<Architecture> readArchitecture(const ModelFile& file) {
  const std::string name = TRY(file.metadata.string("general.architecture"));
  const Family* family = findFamily(name);
  if (family == nullptr)
    return fail(ErrorKind::badInput, file.metadata.fileName(), ": the model family \"", name,
                "\" cannot be run; known families: ", familyNames());
  Architecture architecture;
  architecture.config = TRY(family->configure(file));
  architecture.graph = family->build(architecture.config);
  TRY(validate(architecture.graph));
  TRY(checkWeights(file, architecture.graph));
  TRY(checkNothingLeft(file, architecture.graph));
  return architecture;
}

}  // namespace cutaway
