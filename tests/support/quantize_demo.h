// The demo model in Q4_0, written where a test says.
#pragma once

#include "core/format/gguf.h"
#include "support/paths.h"

namespace cutaway::test {

/// resources/demo-model with all matrices, or those whose names hold `part`, in Q4_0.
inline Result<void> writeQuantizedDemo(const std::string& path, std::string_view part = "") {
  const ModelFile file = TRY(openModelFile(projectFile("resources/demo-model/demo-f16.gguf")));
  std::vector<GgufTensor> tensors;
  for (const TensorInfo& tensor : file.tensors) {
    const bool chosen = tensor.shape.size() == 2 && tensor.name.find(part) != std::string::npos;
    tensors.push_back({tensor.name, tensor.shape, chosen ? FormatId::q4_0 : tensor.format,
                       [&file, &tensor, chosen]() -> Result<std::vector<std::byte>> {
                         const SharedBytes data = file.data(tensor);
                         if (!chosen) return std::vector<std::byte>(data.bytes.begin(), data.bytes.end());
                         std::vector<float> weights(tensor.elements());
                         numberFormat(tensor.format).decode(data.bytes, weights);
                         const NumberFormat& coarse = numberFormat(FormatId::q4_0);
                         std::vector<std::byte> blocks(coarse.bytesFor(weights.size()));
                         const std::size_t columns = tensor.columns();
                         for (std::size_t at = 0; at < weights.size(); at += columns)
                           coarse.encode(std::span(weights).subspan(at, columns), {},
                                         std::span(blocks).subspan(coarse.bytesFor(at), coarse.bytesFor(columns)));
                         return blocks;
                       }});
  }
  return writeGguf(path, file.metadata, tensors);
}

}  // namespace cutaway::test
