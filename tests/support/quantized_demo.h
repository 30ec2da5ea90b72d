// The demo model quantized as a test needs it, written to a temporary file that is gone with the object.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/quantize_demo.h"
#include "support/real_model.h"

namespace cutaway::test {

/// The first tokens of the demo model's held-out text.
inline std::vector<TokenId> heldOut(std::size_t count) {
  const auto json = nlohmann::json::parse(readFile(projectFile("tests/oracles/comparison/comparison.json")));
  std::vector<TokenId> tokens = json["held_out"]["tokens"];
  tokens.resize(std::min(count, tokens.size()));
  return tokens;
}

/// See writeQuantizedDemo.
class QuantizedDemo {
 public:
  explicit QuantizedDemo(std::string_view part = "") {
    std::string pattern = (std::filesystem::temp_directory_path() / "cutaway-demo-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    m_folder = pattern;
    if (const auto written = writeQuantizedDemo(path(), part); !written) FAIL(written.error().message);
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
