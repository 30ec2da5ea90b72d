// Linear layers of GPTQ and AWQ directories: their arrays as one tensor in a number format that holds the weights.
#pragma once

#include <map>
#include <optional>

#include "core/format/hugging_face.h"
#include "core/format/safetensors.h"
#include "core/quant/packed_layout.h"

namespace cutaway::hf {

struct QuantizationConfig {
  PackedLayout layout = PackedLayout::gptq;
  std::uint32_t bits = 4, groupSize = 0, zeroOffset = 1;
  std::string title;  ///< "GPTQ, 4 bits"
};
/// Of config.json's "quantization_config", or of quantize_config.json in older directories; nothing when there is neither.
Result<std::optional<QuantizationConfig>> readQuantization(const std::string& directory, const JsonObject& config);

/// The arrays of one module by their last name: "qweight", "qzeros", "scales", "g_idx".
struct PackedModule {
  struct Part {
    SharedBytes file;
    ArrayInfo array;
    SharedBytes bytes() const {
      return {file.name, file.bytes.subspan(array.offset, array.bytes), file.owner, file.isMapping};
    }
  };
  std::string name;  ///< "model.layers.0.mlp.up_proj"
  std::map<std::string, Part, std::less<>> parts;
};
inline bool isPackedPart(std::string_view name) {
  return name == "qweight" || name == "qzeros" || name == "scales" || name == "g_idx";
}

/// The tensor under the name `name`, its rows in GGUF's order, made when asked for. `note` says why it was decoded to F16, where
/// no format of few bits holds it.
Result<TensorInfo> packedTensor(const QuantizationConfig& config, const PackedModule& module, std::string name,
                                std::uint64_t heads, std::string& note);

}  // namespace cutaway::hf
