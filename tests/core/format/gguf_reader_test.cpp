#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/format/gguf.h"
#include "support/gguf_bytes.h"
#include "support/paths.h"

using namespace cutaway;
using nlohmann::json;

namespace {

std::uint32_t crc32(std::span<const std::byte> bytes) {
  std::uint32_t crc = ~0u;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

/// The items as the file holds them.
template <class Stored>
std::string rawItems(const auto& items) {
  std::string out;
  for (const auto item : items) out += test::raw(static_cast<Stored>(item));
  return out;
}

std::string rawItems(const MetaArray& array) {
  const auto unsigneds = [&] { return std::get<std::vector<std::uint64_t>>(array.items); };
  const auto signeds = [&] { return std::get<std::vector<std::int64_t>>(array.items); };
  const auto reals = [&] { return std::get<std::vector<double>>(array.items); };
  if (array.element == MetaType::u8) return rawItems<std::uint8_t>(unsigneds());
  if (array.element == MetaType::u16) return rawItems<std::uint16_t>(unsigneds());
  if (array.element == MetaType::u32) return rawItems<std::uint32_t>(unsigneds());
  if (array.element == MetaType::u64) return rawItems<std::uint64_t>(unsigneds());
  if (array.element == MetaType::i8) return rawItems<std::int8_t>(signeds());
  if (array.element == MetaType::i16) return rawItems<std::int16_t>(signeds());
  if (array.element == MetaType::i32) return rawItems<std::int32_t>(signeds());
  if (array.element == MetaType::i64) return rawItems<std::int64_t>(signeds());
  if (array.element == MetaType::f32) return rawItems<float>(reals());
  if (array.element == MetaType::f64) return rawItems<double>(reals());
  if (array.element == MetaType::boolean)
    return rawItems<std::uint8_t>(std::get<std::vector<bool>>(array.items));
  std::string out;
  for (const std::string& item : std::get<std::vector<std::string>>(array.items))
    out += test::rawString(item);
  return out;
}

struct ToJson {
  json operator()(const MetaArray& array) const {
    const std::string items = rawItems(array);
    return {"array", metaTypeName(array.element), array.size(), crc32(std::as_bytes(std::span(items)))};
  }
  json operator()(const auto& value) const { return {metaTypeName(type), value}; }
  MetaType type;
};

void checkAgainstOracle(const std::string& model, const std::string& oracle) {
  const json expected = json::parse(test::readFile(test::projectFile("tests/oracles/formats/" + oracle)));
  const auto file = openModelFile(test::projectFile(model));
  if (!file) FAIL(file.error().message);
  CHECK(file->container == "GGUF v3");
  CHECK(file->metadata.entries().size() == expected["metadata"].size());
  for (const auto& [key, value] : file->metadata.entries()) {
    CAPTURE(key);
    REQUIRE(expected["metadata"].contains(key));
    CHECK(std::visit(ToJson{value.type}, value.value) == expected["metadata"][key]);
  }
  CHECK(file->tensors.size() == expected["tensors"].size());
  for (const TensorInfo& tensor : file->tensors) {
    CAPTURE(tensor.name);
    REQUIRE(expected["tensors"].contains(tensor.name));
    const json found = {numberFormat(tensor.format).name, tensor.shape, tensor.offset, tensor.bytes,
                        crc32(file->data(tensor).bytes)};
    CHECK(found == expected["tensors"][tensor.name]);
  }
}

}  // namespace

TEST_CASE("the demo model is read as the gguf package reads it") {
  checkAgainstOracle("resources/demo-model/demo-f16.gguf", "demo.json");
}

TEST_CASE("every metadata type and number format is read as the gguf package reads it") {
  checkAgainstOracle("tests/oracles/formats/all-types.gguf", "all-types.json");
}

TEST_CASE("shapes are outermost first") {
  const auto file = openModelFile(test::projectFile("resources/demo-model/demo-f16.gguf"));
  REQUIRE(file.has_value());
  const TensorInfo* embedding = file->find("token_embd.weight");
  REQUIRE(embedding != nullptr);
  CHECK(embedding->rows() == 2048);
  CHECK(embedding->columns() == 256);
  CHECK(embedding->elements() == 2048 * 256);
  CHECK(file->find("token_embd.bias") == nullptr);
}

TEST_CASE("version 2 is read like version 3, and a file without tensors is fine") {
  test::RawGguf gguf;
  gguf.version = 2;
  gguf.entries = {test::rawEntry("name", 8, test::rawString("x"))};
  std::string bytes = gguf.bytes();
  bytes.resize(24 + 8 + 4 + 4 + 8 + 1);  // without the padding before a data part that is not there
  const auto file = readGguf(test::sharedBytes("two.gguf", bytes));
  if (!file) FAIL(file.error().message);
  CHECK(file->container == "GGUF v2");
  CHECK(file->metadata.string("name").value() == "x");
  CHECK(file->tensors.empty());
}

TEST_CASE("metadata strings may hold any bytes") {
  test::RawGguf gguf;
  gguf.entries = {test::rawEntry("text", 8, test::rawString("\xff\0\xc0")),
                  test::rawEntry("list", 9, test::rawArray(8, 1, test::rawString("\xe2\x82")))};
  const auto file = readGguf(test::sharedBytes("bytes.gguf", gguf.bytes()));
  if (!file) FAIL(file.error().message);
  CHECK(file->metadata.strings("list").value()->front() == "\xe2\x82");
}

TEST_CASE("a model opens from bytes in memory and keeps them alive") {
  auto source =
      test::sharedBytes("demo", test::readFile(test::projectFile("resources/demo-model/demo-f16.gguf")));
  auto file = openModelFile(source);
  source = {};
  REQUIRE(file.has_value());
  CHECK(file->metadata.fileName() == "demo");
  const ModelFile moved = std::move(*file);
  const TensorInfo* norm = moved.find("output_norm.weight");
  REQUIRE(norm != nullptr);
  CHECK(crc32(moved.data(*norm).bytes) == 2053161490u);
}
