#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "core/format/gguf.h"
#include "support/gguf_bytes.h"
#include "support/paths.h"

using namespace cutaway;
using test::raw;
using test::rawArray;
using test::rawEntry;
using test::RawGguf;
using test::rawString;
using test::RawTensor;

namespace {

constexpr std::uint64_t kTwoTo63 = 1ull << 63;
constexpr std::uint32_t kString = 8, kArray = 9, kU32 = 4, kU64 = 10;

/// The file is refused, and the sentence names it and holds `part`.
void checkRefused(const std::string& bytes, const std::string& part) {
  const auto file = openModelFile(test::sharedBytes("bad.gguf", bytes));
  CAPTURE(part);
  REQUIRE_FALSE(file.has_value());
  CAPTURE(file.error().message);
  CHECK(file.error().kind == ErrorKind::badInput);
  CHECK(file.error().message.starts_with("bad.gguf: "));
  CHECK(file.error().message.find(part) != std::string::npos);
}

void checkRefused(const RawGguf& gguf, const std::string& part) { checkRefused(gguf.bytes(), part); }

RawGguf withEntry(std::string entry) {
  RawGguf gguf;
  gguf.entries = {std::move(entry)};
  return gguf;
}

RawGguf withTensors(std::vector<RawTensor> tensors, std::size_t dataBytes = 4096) {
  RawGguf gguf;
  gguf.tensors = std::move(tensors);
  gguf.dataBytes = dataBytes;
  return gguf;
}

/// Reads every weight of a file that was accepted.
void touch(const ModelFile& file) {
  for (const TensorInfo& tensor : file.tensors) {
    const NumberFormat& format = numberFormat(tensor.format);
    std::vector<float> row(
        std::min<std::uint64_t>(tensor.columns(), 4096 / format.blockSize * format.blockSize));
    format.decode(file.data(tensor).bytes.last(format.bytesFor(row.size())), row);
  }
}

std::string allTypes() { return test::readFile(test::projectFile("tests/oracles/formats/all-types.gguf")); }

}  // namespace

TEST_CASE("a whole synthetic file is accepted") {
  const auto file = openModelFile(test::sharedBytes("good.gguf", withTensors({{"a", {8}, 0, 0}}).bytes()));
  if (!file) FAIL(file.error().message);
  CHECK(file->data(file->tensors[0]).bytes.size() == 32);
}

TEST_CASE("versions that are not supported have their own sentences") {
  RawGguf gguf;
  gguf.version = 1;
  checkRefused(gguf, "of version 1");
  gguf.version = 0x03000000;
  checkRefused(gguf, "big-endian");
  gguf.version = 4;
  checkRefused(gguf, "of version 4; versions 2 and 3 are supported");
  gguf.version = 0;
  checkRefused(gguf, "of version 0");
  checkRefused("GGUF", "the GGUF version at offset 4 needs 4 bytes, but only 0 are left");
}

TEST_CASE("counts that the file cannot hold are refused before anything is allocated") {
  for (const std::uint64_t count : {kTwoTo63, ~std::uint64_t{0}, std::uint64_t{3}}) {
    RawGguf gguf;
    gguf.alignment = 1;
    gguf.entryCount = count;
    checkRefused(gguf, concat("promises ", count, " metadata entries"));
    gguf.entryCount.reset();
    gguf.tensorCount = count;
    checkRefused(gguf, concat("promises ", count, " tensors"));
    gguf.tensorCount.reset();
    for (const std::uint32_t element : {kU32, kString}) {
      gguf.entryCount.reset();
      gguf.entries = {rawEntry("k", kArray, rawArray(element, count, ""))};
      checkRefused(gguf, concat("is an array of ", count));
    }
  }
  checkRefused(withEntry(raw(kTwoTo63) + "key"), "the key of metadata entry 0");
  checkRefused(withEntry(rawEntry("k", kString, raw(kTwoTo63) + "text")), "metadata \"k\"");
}

TEST_CASE("metadata of wrong types is refused") {
  checkRefused(withEntry(rawEntry("k", 13, raw(0))), "has the type number 13; expected 0 to 12");
  checkRefused(withEntry(rawEntry("k", ~0u, raw(0))), "has the type number 4294967295");
  checkRefused(withEntry(rawEntry("k", kArray, rawArray(77, 1, raw(0)))), "has the type number 77");
  checkRefused(withEntry(rawEntry("k", kArray, rawArray(kArray, 1, rawArray(kU32, 1, raw(0))))),
               "array of arrays");
  checkRefused(withEntry(rawEntry("k", 7, "\2")), "is the bool 2; expected 0 or 1");
  checkRefused(withEntry(rawEntry("general.alignment", kString, rawString("32"))), "expected an integer");
  checkRefused(withEntry(rawEntry("split.count", kU32, raw(3))), "one of the 3 parts of a split model");
}

TEST_CASE("arrays together have a limit") {
  // One byte of bool becomes eight when held as a number; a hostile file should not multiply without end.
  const std::uint64_t most = 1 << 24;
  const std::string items(most + 1, '\0');
  checkRefused(withEntry(rawEntry("k", kArray, rawArray(0, most + 1, items))),
               "all arrays together may have");
}

TEST_CASE("names are unique, not empty and UTF-8") {
  for (const char* name : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "a\xe2\x82", "\x80"}) {
    CAPTURE(name);
    checkRefused(withEntry(rawEntry(name, kU32, raw(0))), "the key of metadata entry 0 is not UTF-8: \"");
    checkRefused(withTensors({{name, {8}}}), "the name of tensor 0 is not UTF-8: \"");
  }
  checkRefused(withEntry(rawEntry("", kU32, raw(0))), "the key of metadata entry 0 is empty");
  checkRefused(withTensors({{"", {8}}}), "the name of tensor 0 is empty");
  RawGguf twice = withEntry(rawEntry("k", kU32, raw(0)));
  twice.entries.push_back(rawEntry("k", kString, rawString("x")));
  checkRefused(twice, "metadata \"k\" occurs twice");
  checkRefused(withTensors({{"a", {8}}, {"a", {8}, 0, 32}}), "tensor \"a\" occurs twice");
}

TEST_CASE("names are printed so that a terminal stays as it is") {
  checkRefused(withTensors({{"red\x1b[31m", {8}}, {"red\x1b[31m", {8}, 0, 32}}),
               "tensor \"red\\x1b[31m\" occurs");
  checkRefused(withTensors({{std::string(5000, 'x'), {0}}}), "xxx...\"");
}

TEST_CASE("alignment is a sane power of two") {
  for (const std::uint32_t alignment : {0u, 1u, 4u, 33u, 48u, 1u << 21, ~0u})
    checkRefused(withEntry(rawEntry("general.alignment", kU32, raw(alignment))),
                 concat("\"general.alignment\" is ", alignment));
  checkRefused(withEntry(rawEntry("general.alignment", kU64, raw(kTwoTo63))), "\"general.alignment\" is");
  RawGguf coarse = withTensors({{"a", {8}, 0, 32}});
  coarse.entries = {rawEntry("general.alignment", kU32, raw(64))};
  checkRefused(coarse, "begins 32 bytes into the data; expected a multiple of the alignment, 64");
}

TEST_CASE("absurd shapes are refused") {
  checkRefused(withTensors({{"a", {}}}), "tensor \"a\" has 0 dimensions");
  checkRefused(withTensors({{"a", {1, 1, 1, 1, 1}}}), "has 5 dimensions; expected 1 to 4");
  checkRefused(withTensors({{"a", {8}, 0, 0, ~0u}}), "has 4294967295 dimensions");
  checkRefused(withTensors({{"a", {0}}}), "has the shape 0; expected no dimension of zero");
  checkRefused(withTensors({{"a", {8, 0}}}), "has the shape 0 x 8; expected no dimension of zero");
  checkRefused(withTensors({{"a", {1ull << 32, 1ull << 32}}}), "more weights than 63 bits can count");
  checkRefused(withTensors({{"a", {~0ull, ~0ull, ~0ull, ~0ull}}}), "more weights than 63 bits can count");
  checkRefused(withTensors({{"a", {kTwoTo63}}}), "more weights than 63 bits can count");
  checkRefused(withTensors({{"a", {1ull << 62}}}), "more bytes than 63 bits can count");
  for (const NumberFormat& format : numberFormats())
    if (format.blockSize > 1 && format.inGguf())
      checkRefused(withTensors({{"a", {format.blockSize + 1, 2}, format.ggufType}}),
                   concat("rows of ", format.blockSize + 1, " weights; expected a multiple of ",
                          format.blockSize, ", the block of ", format.name));
}

TEST_CASE("types that are not supported are named with the tensor") {
  checkRefused(withTensors({{"blk.0.attn_q.weight", {256}, 16}}),
               "tensor \"blk.0.attn_q.weight\" is in IQ2_XXS, which is not supported; supported are F32, F16,");
  checkRefused(withTensors({{"a", {256}, 9999}}), "is in type 9999");
}

TEST_CASE("tensors lie inside the file, aligned and apart") {
  checkRefused(withTensors({{"a", {8}}}, 31), "needs 32 bytes, 0 bytes into the data");
  checkRefused(withTensors({{"a", {1024}}}, 4095), "incomplete download");
  checkRefused(withTensors({{"a", {8}, 0, 4096}}), "4096 bytes into the data");
  checkRefused(withTensors({{"a", {8}, 0, kTwoTo63}}), "needs 32 bytes");
  checkRefused(withTensors({{"a", {8}, 0, ~0ull - 31}}), "needs 32 bytes");
  checkRefused(withTensors({{"a", {8}, 0, 4}}), "begins 4 bytes into the data");
  checkRefused(withTensors({{"a", {1ull << 60}}}), "needs 4611686018427387904 bytes");
  checkRefused(withTensors({{"a", {8}}, {"b", {8}}}), "tensors \"a\" and \"b\" overlap");
  checkRefused(withTensors({{"b", {16}, 0, 32}, {"a", {16}, 0, 0}}), "tensors \"a\" and \"b\" overlap");
  checkRefused(withTensors({{"whole", {64}}, {"inner", {8}, 0, 64}, {"last", {8}, 0, 512}}), "overlap");
}

TEST_CASE("a file cut short anywhere is refused") {
  const std::string whole = allTypes();
  REQUIRE(openModelFile(test::sharedBytes("whole.gguf", whole)).has_value());
  // Behind the last tensor there is padding only: 13120 + 840 bytes, see all-types.json.
  for (std::size_t size = 1; size < 13960; ++size)
    if (openModelFile(test::sharedBytes("cut.gguf", whole.substr(0, size))))
      FAIL("accepted with bytes: " << size);
}

TEST_CASE("the demo model cut short is refused") {
  const std::string whole = test::readFile(test::projectFile("resources/demo-model/demo-f16.gguf"));
  const std::string_view view = whole;
  constexpr std::size_t kHeader = 64928;  // see demo.json
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size <= kHeader; size += 64) sizes.push_back(size);
  for (std::size_t size = kHeader; size < whole.size(); size += 64 * 4001) sizes.push_back(size);
  sizes.push_back(whole.size() - 1);
  for (const std::size_t size : sizes)
    if (openModelFile(test::sharedBytes("cut.gguf", view.substr(0, size))))
      FAIL("accepted with bytes: " << size);
}

TEST_CASE("flipped bits are refused or harmless") {
  const std::string whole = allTypes();
  std::mt19937 random(1);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = whole.substr(0, 13960);
    for (auto flips = 1 + random() % 3; flips != 0; --flips)
      bytes[random() % 2048] ^= static_cast<char>(1u << random() % 8);
    const auto file = openModelFile(test::sharedBytes("flipped.gguf", bytes));
    if (!file) continue;
    touch(*file);
    ++accepted;
  }
  // Most flips hit a name or a value, which may be anything; both outcomes must occur.
  CHECK(accepted > 1000);
  CHECK(accepted < 19000);
}
