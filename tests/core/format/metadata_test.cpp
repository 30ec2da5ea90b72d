#include "core/format/metadata.h"

#include <doctest/doctest.h>

using namespace cutaway;

namespace {

Metadata example() {
  Metadata metadata("model.gguf");
  metadata.set("u", {MetaType::u32, std::uint64_t{7}});
  metadata.set("i", {MetaType::i32, std::int64_t{9}});
  metadata.set("minus", {MetaType::i8, std::int64_t{-1}});
  metadata.set("f", {MetaType::f32, 0.5});
  metadata.set("yes", {MetaType::boolean, true});
  metadata.set("text", {MetaType::string, std::string("hello")});
  metadata.set("words", {MetaType::array, MetaArray{MetaType::string, std::vector<std::string>{"a", "b"}}});
  metadata.set("bytes", {MetaType::array, MetaArray{MetaType::u8, std::vector<std::uint64_t>{1, 2, 3}}});
  metadata.set("ints", {MetaType::array, MetaArray{MetaType::i32, std::vector<std::int64_t>{-1, 2}}});
  metadata.set("reals", {MetaType::array, MetaArray{MetaType::f32, std::vector<double>{0.25}}});
  metadata.set("flags", {MetaType::array, MetaArray{MetaType::boolean, std::vector<bool>{true}}});
  metadata.set("huge", {MetaType::array, MetaArray{MetaType::u64, std::vector<std::uint64_t>{1, ~0ull}}});
  return metadata;
}

template <class T>
std::string messageOf(const Result<T>& result) {
  return result ? std::string("no error") : result.error().message;
}

}  // namespace

TEST_CASE("values are read as what they are") {
  const Metadata metadata = example();
  CHECK(metadata.uint("u").value() == 7);
  CHECK(metadata.uint("i").value() == 9);
  CHECK(metadata.number("u").value() == 7.0);
  CHECK(metadata.number("minus").value() == -1.0);
  CHECK(metadata.number("f").value() == 0.5);
  CHECK(metadata.boolean("yes").value());
  CHECK(metadata.string("text").value() == "hello");
  CHECK(*metadata.strings("words").value() == std::vector<std::string>{"a", "b"});
  CHECK(metadata.numbers("bytes").value() == std::vector<double>{1, 2, 3});
  CHECK(metadata.numbers("ints").value() == std::vector<double>{-1, 2});
  CHECK(metadata.numbers("reals").value() == std::vector<double>{0.25});
  CHECK(metadata.integers("bytes").value() == std::vector<std::int64_t>{1, 2, 3});
  CHECK(metadata.integers("ints").value() == std::vector<std::int64_t>{-1, 2});
}

TEST_CASE("a wrong type names file, key, expected and found") {
  const Metadata metadata = example();
  CHECK(messageOf(metadata.uint("text")) == "model.gguf: metadata \"text\" is string; expected an integer");
  CHECK(messageOf(metadata.uint("minus")) ==
        "model.gguf: metadata \"minus\" is -1; expected an integer of 0 or more");
  CHECK(messageOf(metadata.uint("f")) == "model.gguf: metadata \"f\" is f32; expected an integer");
  CHECK(messageOf(metadata.number("yes")) == "model.gguf: metadata \"yes\" is bool; expected a number");
  CHECK(messageOf(metadata.boolean("u")) == "model.gguf: metadata \"u\" is u32; expected bool");
  CHECK(messageOf(metadata.string("words")) ==
        "model.gguf: metadata \"words\" is an array of 2 string; expected a string");
  CHECK(messageOf(metadata.strings("bytes")) ==
        "model.gguf: metadata \"bytes\" is an array of 3 u8; expected an array of strings");
  CHECK(messageOf(metadata.strings("text")) ==
        "model.gguf: metadata \"text\" is string; expected an array of strings");
  CHECK(messageOf(metadata.numbers("flags")) ==
        "model.gguf: metadata \"flags\" is an array of 1 bool; expected an array of numbers");
  CHECK(messageOf(metadata.integers("reals")) ==
        "model.gguf: metadata \"reals\" is an array of 1 f32; expected an array of integers");
  CHECK(messageOf(metadata.integers("huge")) ==
        "model.gguf: metadata \"huge\" holds 18446744073709551615 at 1; expected at most 2^63 - 1");
}

TEST_CASE("a missing key is an error, or the fallback where there is one") {
  const Metadata metadata = example();
  CHECK(messageOf(metadata.uint("none")) == "model.gguf: metadata \"none\" is missing");
  CHECK(metadata.uintOr("none", 3).value() == 3);
  CHECK(metadata.numberOr("none", 0.1).value() == 0.1);
  CHECK(metadata.booleanOr("none", true).value());
  CHECK(metadata.stringOr("none", "x").value() == "x");
  CHECK(metadata.uintOr("u", 3).value() == 7);
  CHECK_FALSE(metadata.uintOr("text", 3).has_value());
  CHECK_FALSE(metadata.numberOr("text", 3).has_value());
  CHECK_FALSE(metadata.booleanOr("text", true).has_value());
  CHECK_FALSE(metadata.stringOr("u", "x").has_value());
}

TEST_CASE("setting a key again replaces it in its place") {
  Metadata metadata = example();
  const std::size_t count = metadata.entries().size();
  metadata.set("u", {MetaType::string, std::string("new")});
  CHECK(metadata.entries().size() == count);
  CHECK(metadata.entries()[0].first == "u");
  CHECK(metadata.string("u").value() == "new");
  const Metadata copy = metadata;
  metadata.set("u", {MetaType::u8, std::uint64_t{1}});
  CHECK(copy.string("u").value() == "new");
}

TEST_CASE("every type has a name") {
  for (std::uint32_t type = 0; type <= static_cast<std::uint32_t>(MetaType::f64); ++type)
    CHECK(std::string(metaTypeName(static_cast<MetaType>(type))) != "unknown type");
  CHECK(std::string(metaTypeName(static_cast<MetaType>(13))) == "unknown type");
}
