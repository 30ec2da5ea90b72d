// Expected values: Python's UTF-8 decoder (tests/oracles/tokenizers/make_utf8.py).
#include "core/base/utf8.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "core/text/tokenizer.h"
#include "support/paths.h"

using namespace cutaway;

namespace {

std::string fromHex(const std::string& digits) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return out;
}

nlohmann::json cases() {
  return nlohmann::json::parse(test::readFile(test::projectFile("tests/oracles/tokenizers/utf8.json")));
}

}  // namespace

TEST_CASE("a stream cut at random places gives what Python's decoder gives for the whole") {
  std::mt19937 random(7);
  const auto rows = cases();
  REQUIRE(rows.size() > 300);
  for (const auto& row : rows) {
    const std::string bytes = fromHex(row[0]);
    for (int round = 0; round < 8; ++round) {
      Utf8Stream stream;
      std::string text;
      for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t count = std::min<std::size_t>(bytes.size() - at, random() % 4);
        text += stream.append(bytes.substr(at, count));
        at += count;
      }
      text += stream.finish();
      CHECK_MESSAGE(text == row[1].get<std::string>(), row[0]);
      CHECK(stream.finish().empty());
    }
  }
}

TEST_CASE("what a stream gives out at any moment is whole characters") {
  for (const auto& row : cases()) {
    Utf8Stream stream;
    for (const char byte : fromHex(row[0])) {
      const std::string text = stream.append(std::string(1, byte));
      for (std::string_view rest = text; !rest.empty();) {
        const Utf8Char next = readUtf8(rest);
        REQUIRE(next.code != kNoCharacter);
        rest.remove_prefix(next.length);
      }
    }
  }
}

TEST_CASE("an unfinished character is held back and comes whole") {
  Utf8Stream stream;
  CHECK(stream.append("a\xF0\x9F") == "a");
  CHECK(stream.append("\x99").empty());
  CHECK(stream.append("\x82!") == "🙂!");
  CHECK(stream.append("\xE2\x82").empty());
  CHECK(stream.finish() == "\uFFFD");
}

TEST_CASE("writing a code point is the reverse of reading it") {
  for (char32_t code = 0; code <= 0x10FFFF; code += code < 0x3000 ? 1 : 251) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    appendUtf8(text, code);
    const Utf8Char read = readUtf8(text);
    REQUIRE(read.code == code);
    REQUIRE(read.length == text.size());
  }
}
