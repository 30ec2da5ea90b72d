// The demo model quantized as a test needs it, written to a temporary file that is gone with the object.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "core/format/gguf.h"
#include "support/real_model.h"

namespace cutaway::test {

/// Whole blocks of Q4_0, as ggml's reference rounds them.
inline std::vector<std::byte> toQ4_0(std::span<const float> weights) {
  std::vector<std::byte> bytes;
  for (std::size_t begin = 0; begin < weights.size(); begin += 32) {
    float farthest = 0;
    for (std::size_t i = 0; i < 32; ++i)
      if (std::abs(weights[begin + i]) > std::abs(farthest)) farthest = weights[begin + i];
    const float scale = farthest / -8, inverse = scale != 0 ? 1 / scale : 0;
    const std::uint16_t half = floatToHalf(scale);
    bytes.push_back(static_cast<std::byte>(half & 255));
    bytes.push_back(static_cast<std::byte>(half >> 8));
    const auto code = [&](std::size_t i) {
      return std::min(15, static_cast<int>(weights[begin + i] * inverse + 8.5f));
    };
    for (std::size_t i = 0; i < 16; ++i) bytes.push_back(static_cast<std::byte>(code(i) | code(i + 16) << 4));
  }
  return bytes;
}

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
                           const auto bytes = file.data(tensor);
                           if (!chosen) return std::vector<std::byte>(bytes.begin(), bytes.end());
                           std::vector<float> weights(tensor.elements());
                           numberFormat(tensor.format).decode(bytes, weights);
                           return toQ4_0(weights);
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
