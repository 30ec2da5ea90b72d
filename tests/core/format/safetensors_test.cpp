#include "core/format/safetensors.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstring>
#include <filesystem>

#include "support/gguf_bytes.h"
#include "support/paths.h"

using namespace cutaway;

namespace {

ArrayFile openFixture(const std::string& path) {
  auto bytes = mapFile(path);
  REQUIRE(bytes);
  auto file = readSafetensors(std::move(*bytes));
  if (!file) FAIL(file.error().message);
  return std::move(*file);
}

std::string withDirectory(std::string_view json, std::size_t dataBytes) {
  return test::raw<std::uint64_t>(json.size()) + std::string(json) + std::string(dataBytes, '\0');
}

void checkRefused(const std::string& bytes, const std::string& part) {
  const auto file = readSafetensors(test::sharedBytes("bad.safetensors", bytes));
  CAPTURE(part);
  REQUIRE_FALSE(file.has_value());
  CAPTURE(file.error().message);
  CHECK(file.error().kind == ErrorKind::badInput);
  CHECK(file.error().message.starts_with("bad.safetensors: "));
  CHECK(file.error().message.find(part) != std::string::npos);
}

const std::string kFixture = test::projectFile("tests/oracles/safetensors/small.safetensors");

}  // namespace

TEST_CASE("a file of the safetensors package is read as it is") {
  const ArrayFile file = openFixture(kFixture);
  CHECK(file.arrays.size() == 6);
  CHECK(file.metadata.at("note") == "ä \"quoted\"");
  const ArrayInfo* residual = file.find("blk.0.resid_post");
  REQUIRE(residual != nullptr);
  CHECK(residual->shape == std::vector<std::uint64_t>{2, 3});
  CHECK(*file.floats(*residual) == std::vector<float>{-0.5f, -0.25f, 0.0f, 0.25f, 0.5f, 0.75f});
  CHECK(*file.floats(*file.find("half")) == std::vector<float>{1.0f, -2.5f, 65504.0f});
  CHECK(file.floats(*file.find("empty"))->empty());
  CHECK(file.find("scalar")->shape.empty());
  CHECK(*file.floats(*file.find("scalar")) == std::vector<float>{0.25f});
  std::int32_t tokens[3];
  std::memcpy(tokens, file.data(*file.find("tokens")).data(), sizeof tokens);
  CHECK(tokens[1] == 50000);
  CHECK(tokens[2] == -1);
  CHECK_FALSE(file.floats(*file.find("tokens")));
  CHECK(file.find("none") == nullptr);
}

TEST_CASE("what is written is read back, array by array") {
  const ArrayFile before = openFixture(kFixture);
  std::vector<NamedArray> arrays;
  for (const ArrayInfo& array : before.arrays)
    arrays.push_back({array.name, array.type, array.shape, before.data(array)});
  const std::string path = (std::filesystem::temp_directory_path() / "cutaway-safetensors-test").string();
  const auto written = writeSafetensors(path, arrays, before.metadata);
  if (!written) FAIL(written.error().message);
  const ArrayFile after = openFixture(path);
  std::remove(path.c_str());
  CHECK(after.metadata == before.metadata);
  REQUIRE(after.arrays.size() == before.arrays.size());
  for (const ArrayInfo& array : before.arrays) {
    const ArrayInfo* other = after.find(array.name);
    REQUIRE(other != nullptr);
    CHECK(other->type == array.type);
    CHECK(other->shape == array.shape);
    CHECK(std::ranges::equal(after.data(*other), before.data(array)));
  }
}

TEST_CASE("arrays that do not match their bytes are not written") {
  const std::vector<float> four(4);
  const auto refused = [&](std::vector<NamedArray> arrays) {
    const auto written = writeSafetensors("/nonexistent/never.safetensors", arrays);
    return written ? std::string() : written.error().message;
  };
  const auto bytes = std::as_bytes(std::span(four));
  CHECK(refused({{"a", ArrayType::f32, {5}, bytes}}).find("was given 16 bytes") != std::string::npos);
  CHECK(refused({{"a", ArrayType::f32, {4}, bytes}, {"a", ArrayType::f32, {4}, bytes}}).find("twice") !=
        std::string::npos);
  CHECK(refused({{"a", ArrayType::f32, {4}, bytes}}).find("/nonexistent") != std::string::npos);
}

TEST_CASE("truncated anywhere, a file is refused or was whole") {
  const std::string whole = test::readFile(kFixture);
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(readSafetensors(test::sharedBytes("cut", whole.substr(0, size))));
}

TEST_CASE("a directory that lies is refused") {
  checkRefused("", "the length of the directory");
  checkRefused(test::raw<std::uint64_t>(1ull << 63), "a directory of 9223372036854775808 bytes");
  checkRefused(withDirectory("[1]", 0), "is not a JSON object");
  checkRefused(withDirectory("{\"a\":", 0), "is not a JSON object");
  checkRefused(withDirectory(R"({"a":3})", 0), "described by number");
  checkRefused(withDirectory(R"({"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}})", 4), "\"F99\"");
  checkRefused(withDirectory(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 4), "which has 4");
  checkRefused(withDirectory(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4), "bytes 4 to 0");
  checkRefused(withDirectory(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4), "expected 8");
  checkRefused(withDirectory(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4), "whole numbers");
  checkRefused(withDirectory(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0),
               "has 0 bytes");
  checkRefused(withDirectory(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                             R"("b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
                             6),
               "overlap");
  checkRefused(withDirectory(R"({"__metadata__":{"a":1}})", 0), "is not a string");
  checkRefused(withDirectory("{\"\\ud800\":3}", 0), "is not a JSON object");
}
