#include "core/quant/number_format.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "support/paths.h"

using namespace cutaway;

namespace {

std::string fixture(const std::string& name) {
  return test::readFile(test::projectFile("tests/oracles/formats/" + name));
}

std::vector<std::uint32_t> bitsOf(std::span<const float> values) {
  std::vector<std::uint32_t> bits(values.size());
  std::memcpy(bits.data(), values.data(), values.size_bytes());
  return bits;
}

}  // namespace

TEST_CASE("every format decodes to the same bits as the gguf package") {
  for (const NumberFormat& format : numberFormats()) {
    CAPTURE(format.name);
    const std::string encoded = fixture(std::string(format.name) + ".blocks");
    const std::string decoded = fixture(std::string(format.name) + ".f32");
    const std::size_t count = decoded.size() / sizeof(float);
    REQUIRE(count > 0);
    REQUIRE(format.bytesFor(count) == encoded.size());
    std::vector<std::uint32_t> expected(count);
    std::memcpy(expected.data(), decoded.data(), decoded.size());
    // Off by one byte, as a mapped file may hand it over.
    const std::string shifted = "x" + encoded;
    std::vector<float> weights(count);
    format.decode(std::as_bytes(std::span(shifted)).subspan(1), weights);
    const std::vector<std::uint32_t> found = bitsOf(weights);
    for (std::size_t i = 0; i < count; ++i) {
      if (found[i] == expected[i]) continue;
      CAPTURE(i);
      REQUIRE(found[i] == expected[i]);
    }
  }
}

TEST_CASE("decoding nothing touches nothing") {
  for (const NumberFormat& format : numberFormats()) format.decode({}, {});
}

TEST_CASE("the format table is in the order of the ids and found by name and number") {
  CHECK(numberFormats().size() == kFormatCount);
  for (const NumberFormat& format : numberFormats()) {
    CAPTURE(format.name);
    CHECK(&numberFormat(format.id) == &format);
    CHECK(findFormatByGgufType(format.ggufType) == (format.inGguf() ? &format : nullptr));
    if (format.inGguf()) CHECK(ggmlTypeName(format.ggufType) == format.name);
    std::string lower = format.name;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    CHECK(findFormatByName(lower) == &format);
  }
  CHECK(findFormatByName("Q4") == nullptr);
  CHECK(findFormatByGgufType(16) == nullptr);
  CHECK(numberFormat(FormatId::q4_K).bitsPerWeight() == doctest::Approx(4.5));
  CHECK(numberFormat(FormatId::q6_K).bytesFor(512) == 420);
}

TEST_CASE("types that are not supported have a name for the error") {
  CHECK(ggmlTypeName(10) == "Q2_K");
  CHECK(ggmlTypeName(23) == "IQ4_XS");
  CHECK(ggmlTypeName(31) == "Q4_0_4_4");
  CHECK(ggmlTypeName(39) == "MXFP4");
  CHECK(ggmlTypeName(1000) == "type 1000");
}
