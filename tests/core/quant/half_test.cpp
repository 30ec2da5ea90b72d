#include "core/quant/half.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "support/paths.h"

using namespace cutaway;

TEST_CASE("every half becomes the number it stands for") {
  for (std::uint32_t half = 0; half < 0x10000; ++half) {
    const int exponent = (half >> 10) & 31, mantissa = half & 1023;
    const float found = halfToFloat(static_cast<std::uint16_t>(half));
    if (exponent == 31 && mantissa != 0) {
      REQUIRE(std::isnan(found));
      continue;
    }
    double expected = exponent == 31  ? std::numeric_limits<double>::infinity()
                      : exponent == 0 ? std::ldexp(mantissa, -24)
                                      : std::ldexp(1024 + mantissa, exponent - 25);
    if (half & 0x8000) expected = -expected;
    CAPTURE(half);
    REQUIRE(std::bit_cast<std::uint32_t>(found) ==
            std::bit_cast<std::uint32_t>(static_cast<float>(expected)));
    REQUIRE(floatToHalf(found) == half);
  }
}

TEST_CASE("between two halves the nearer one wins, and the even one in the middle") {
  for (std::uint32_t low = 0; low < 0x7c00; ++low) {
    const std::uint32_t high = low + 1, even = low % 2 == 0 ? low : high;
    // 65504 is followed by infinity as if by 65536.
    const double above = high == 0x7c00 ? 65536.0 : halfToFloat(static_cast<std::uint16_t>(high));
    const auto middle = static_cast<float>((halfToFloat(static_cast<std::uint16_t>(low)) + above) / 2);
    CAPTURE(low);
    REQUIRE(floatToHalf(middle) == even);
    REQUIRE(floatToHalf(std::nextafter(middle, 0.0f)) == low);
    REQUIRE(floatToHalf(std::nextafter(middle, 1e9f)) == high);
    REQUIRE(floatToHalf(-middle) == (even | 0x8000));
  }
}

TEST_CASE("F32 rounds to F16 as numpy does") {
  const std::string pairs = test::readFile(test::projectFile("tests/oracles/formats/half.bin"));
  REQUIRE(pairs.size() > 8000);
  for (std::size_t i = 0; i + 8 <= pairs.size(); i += 8) {
    std::uint32_t pair[2];
    std::memcpy(pair, pairs.data() + i, 8);
    CAPTURE(pair[0]);
    REQUIRE(floatToHalf(std::bit_cast<float>(pair[0])) == pair[1]);
  }
}

TEST_CASE("NaN stays NaN and infinity infinity") {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  CHECK(std::isnan(halfToFloat(floatToHalf(nan))));
  CHECK(std::isnan(halfToFloat(floatToHalf(std::bit_cast<float>(0x7f800001u)))));
  CHECK(floatToHalf(infinity) == 0x7c00);
  CHECK(floatToHalf(-infinity) == 0xfc00);
  CHECK(std::isnan(bfloat16ToFloat(0x7fc0)));
  CHECK(bfloat16ToFloat(0xbf80) == -1.0f);
}
