// One layer's tensors as floats while they are scaled and rounded.
#pragma once

#include <map>

#include "core/format/model_file.h"
#include "core/quant/grouped.h"

namespace cutaway {

class LayerWeights {
 public:
  /// All tensors "blk.LAYER.*", decoded.
  LayerWeights(const ModelFile& source, std::uint32_t layer);

  std::vector<float>& at(const std::string& name) { return m_tensors.at(name).weights; }
  const TensorInfo& info(const std::string& name) const { return *m_tensors.at(name).info; }
  bool has(const std::string& name) const { return m_tensors.contains(name); }
  std::vector<std::string> names() const;

  /// Columns of a matrix times scales.
  void scaleColumns(const std::string& name, std::span<const float> scales);
  /// Rows (of a vector: entries) over scales.
  void divideRows(const std::string& name, std::span<const float> scales);

  /// A model file whose tensors of this layer are these, in F32, and shared with it.
  ModelFile file(const ModelFile& source) const;

 private:
  struct Tensor {
    const TensorInfo* info = nullptr;
    std::vector<float> weights;
  };
  std::map<std::string, Tensor> m_tensors;
};

/// What divides its outputs when the inputs of some matrices are scaled: the op that makes the value. Empty where it cannot be done:
/// values shared by several query heads.
std::vector<std::string> producersOf(const LayerWeights& weights, std::uint32_t layer, std::string_view value,
                                     std::uint32_t columns);

}  // namespace cutaway
