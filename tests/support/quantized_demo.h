// The demo model quantized as a test needs it, written to a temporary file that is gone with the object.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "core/format/gguf.h"
#include "support/real_model.h"

namespace cutaway::test {

/// resources/demo-model with all matrices, or those whose names hold `part`, in Q4_0.
class QuantizedDemo {
 public:
  explicit QuantizedDemo(std::string_view part = "") {
    std::string pattern = (std::filesystem::temp_directory_path() / "cutaway-demo-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    m_folder = pattern;
    const ModelFile file = orFail(openModelFile(projectFile("resources/demo-model/demo-f16.gguf")));
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
    if (const auto written = writeGguf(path(), file.metadata, tensors); !written) FAIL(written.error().message);
  }
  ~QuantizedDemo() {
    std::error_code ignored;
    std::filesystem::remove_all(m_folder, ignored);
  }
  QuantizedDemo(const QuantizedDemo&) = delete;
  QuantizedDemo& operator=(const QuantizedDemo&) = delete;

  std::string path() const { return m_folder + "/demo-q4_0.gguf"; }
  const std::string& folder() const { return m_folder; }

 private:
  std::string m_folder;
};

}  // namespace cutaway::test
