#include "core/format/model_file.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/gguf_bytes.h"
#include "support/paths.h"

using namespace cutaway;
namespace fs = std::filesystem;

namespace {

std::string errorOf(std::string_view content) {
  const auto file = openModelFile(test::sharedBytes("file", content));
  return file ? std::string("no error") : file.error().message;
}

}  // namespace

TEST_CASE("files that are no model say what they are") {
  CHECK(errorOf("") == "file: is empty; expected a GGUF model");
  CHECK(errorOf("Dear diary,\ntoday") == "file: is a text file; expected a GGUF model");
  CHECK(errorOf("version https://git-lfs.github.com/spec/v1\noid").find("Git LFS pointer") !=
        std::string::npos);
  CHECK(errorOf("<!DOCTYPE html>").find("is a web page") != std::string::npos);
  CHECK(errorOf("tjgg\1\0\0\0").find("GGML file from before GGUF") != std::string::npos);
  CHECK(errorOf("PK\3\4....").find("zip archive or a PyTorch checkpoint") != std::string::npos);
  CHECK(errorOf(test::raw<std::uint64_t>(2) + "{}").find("safetensors file") != std::string::npos);
  CHECK(errorOf(test::raw<std::uint64_t>(99) + "{}").find("is not a model file") != std::string::npos);
  CHECK(errorOf("\x80\x02\x8a\x0a").find("is not a model file") != std::string::npos);
}

TEST_CASE("directories and missing files give a clear error") {
  const fs::path folder = fs::temp_directory_path() / concat("cutaway-model-file-", getpid());
  fs::create_directories(folder);
  const auto empty = openModelFile(folder.string());
  REQUIRE_FALSE(empty.has_value());
  CHECK(empty.error().message ==
        folder.string() + ": is a directory without config.json; expected a GGUF file or a Hugging Face directory");
  std::ofstream(folder / "config.json") << "{}";
  const auto huggingFace = openModelFile(folder.string());
  fs::remove_all(folder);
  REQUIRE_FALSE(huggingFace.has_value());
  CHECK(huggingFace.error().message ==
        (folder / "config.json").string() + ": \"model_type\" is missing; expected a string");
  const auto missing = openModelFile((folder / "none.gguf").string());
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().message.find("cannot be opened") != std::string::npos);
}
