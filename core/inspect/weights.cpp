#include "core/inspect/weights.h"

#include <algorithm>

namespace cutaway {
namespace {

constexpr std::uint64_t kChunkWeights = 1u << 18;  ///< decoded at a time

const TensorInfo& tensorOf(const ModelDescription& model, WeightId weight) {
  return *model.file.find(
      model.graph().weights[weight].name);  // there and in shape: readArchitecture saw to it
}

}  // namespace

std::vector<float> weightRows(const ModelDescription& model, WeightId weight, std::uint64_t first,
                              std::uint64_t count) {
  const TensorInfo& tensor = tensorOf(model, weight);
  const NumberFormat& format = numberFormat(tensor.format);
  const std::uint64_t rowBytes = format.bytesFor(tensor.columns());
  std::vector<float> weights(count * tensor.columns());
  const SharedBytes bytes = model.file.data(tensor);
  format.decode(bytes.bytes.subspan(first * rowBytes, count * rowBytes), weights);
  return weights;
}

std::vector<float> weightVector(const ModelDescription& model, WeightId weight) {
  return weightRows(model, weight, 0, 1);
}

std::vector<double> pullBack(const ModelDescription& model, WeightId weight,
                             std::span<const double> direction) {
  const TensorInfo& tensor = tensorOf(model, weight);
  const std::uint64_t columns = tensor.columns();
  const std::uint64_t chunk = std::max<std::uint64_t>(kChunkWeights / columns, 1);
  std::vector<double> pulled(columns);
  for (std::uint64_t first = 0; first < tensor.rows(); first += chunk) {
    const std::uint64_t count = std::min(chunk, tensor.rows() - first);
    const std::vector<float> rows = weightRows(model, weight, first, count);
    for (std::uint64_t row = 0; row < count; ++row) {
      const double along = direction[first + row];
      const float* weights = rows.data() + row * columns;
      for (std::uint64_t i = 0; i < columns; ++i) pulled[i] += along * double{weights[i]};
    }
  }
  return pulled;
}

}  // namespace cutaway
