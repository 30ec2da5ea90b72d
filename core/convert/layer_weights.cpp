#include "core/convert/layer_weights.h"

#include <cstring>

namespace cutaway {

LayerWeights::LayerWeights(const ModelFile& source, std::uint32_t layer) {
  const std::string prefix = concat("blk.", layer, ".");
  for (const TensorInfo& tensor : source.tensors) {
    if (!tensor.name.starts_with(prefix)) continue;
    Tensor& mine = m_tensors[tensor.name];
    mine.info = &tensor;
    mine.weights.resize(tensor.elements());
    const SharedBytes bytes = source.data(tensor);
    numberFormat(tensor.format).decode(bytes.bytes, mine.weights);
    forgetPages(bytes, bytes.bytes);
  }
}

std::vector<std::string> LayerWeights::names() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : m_tensors) names.push_back(name);
  return names;
}

void LayerWeights::scaleColumns(const std::string& name, std::span<const float> scales) {
  std::vector<float>& weights = at(name);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] *= scales[i % scales.size()];
}

void LayerWeights::divideRows(const std::string& name, std::span<const float> scales) {
  std::vector<float>& weights = at(name);
  const std::size_t width = weights.size() / scales.size();
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] /= scales[i / width];
}

ModelFile LayerWeights::file(const ModelFile& source) const {
  ModelFile file;
  file.source.name = source.source.name;
  for (const auto& [name, tensor] : m_tensors) {
    TensorInfo info{name, tensor.info->shape, FormatId::f32, 0, tensor.weights.size() * sizeof(float), 0, nullptr};
    info.made = std::make_shared<const MadeBytes>([&weights = tensor.weights] {
      const auto bytes = std::as_bytes(std::span(weights));
      return MadeBytes::Bytes(bytes.begin(), bytes.end());
    });
    file.tensors.push_back(std::move(info));
  }
  return file;
}

std::vector<std::string> producersOf(const LayerWeights& weights, std::uint32_t layer, std::string_view value, std::uint32_t columns) {
  constexpr struct {
    std::string_view value;
    const char* producer;
  } kProducers[] = {{"attn.norm", "attn_norm"}, {"attn.z", "attn_v"}, {"ffn.norm", "ffn_norm"}, {"ffn.act", "ffn_up"}};
  for (const auto& row : kProducers) {
    const std::string name = concat("blk.", layer, ".", row.producer), matrix = name + ".weight";
    if (row.value != value || !weights.has(matrix) || weights.info(matrix).shape.front() != columns) continue;
    std::vector<std::string> names = {matrix};
    if (weights.has(name + ".bias")) names.push_back(name + ".bias");
    return names;
  }
  return {};
}

}  // namespace cutaway
