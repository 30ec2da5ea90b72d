#include "core/base/byte_reader.h"

#include <doctest/doctest.h>

#include <array>

using namespace cutaway;

TEST_CASE("numbers and strings are read in order and never past the end") {
  const std::array<unsigned char, 15> raw = {1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c'};
  ByteReader reader("file", std::as_bytes(std::span(raw)));
  CHECK(reader.number<std::uint32_t>("one").value() == 1);
  CHECK(reader.string("name").value() == "abc");
  CHECK(reader.remaining() == 0);
  const auto end = reader.number<std::uint8_t>("flag");
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().message == "file: flag at offset 15 needs 1 bytes, but only 0 are left in the file");
}

TEST_CASE("a length of 2^63 is refused, not allocated") {
  const std::array<unsigned char, 9> raw = {0, 0, 0, 0, 0, 0, 0, 0x80, 'x'};
  ByteReader reader("file", std::as_bytes(std::span(raw)));
  CHECK_FALSE(reader.string("name").has_value());
}
