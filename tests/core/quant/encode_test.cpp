#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "core/quant/fallback.h"
#include "core/quant/grouped.h"
#include "core/quant/number_format.h"
#include "support/paths.h"

using namespace cutaway;

namespace {

constexpr std::size_t kColumns = 256;

std::string fixture(const std::string& name) {
  return test::readFile(test::projectFile("tests/oracles/encodings/" + name));
}

std::vector<float> floats(const std::string& name) {
  const std::string bytes = fixture(name);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::vector<std::byte> encoded(const NumberFormat& format, std::span<const float> x, std::span<const float> importance) {
  std::vector<std::byte> blocks(format.bytesFor(x.size()));
  const std::size_t rowBytes = format.bytesFor(kColumns);
  for (std::size_t row = 0; row < x.size() / kColumns; ++row)
    format.encode(x.subspan(row * kColumns, kColumns), importance, std::span(blocks).subspan(row * rowBytes, rowBytes));
  return blocks;
}

std::vector<float> roundTrip(const NumberFormat& format, std::span<const float> x, std::span<const float> importance) {
  std::vector<float> back(x.size());
  format.decode(encoded(format, x, importance), back);
  return back;
}

/// Sums of squared errors, each counted by its column's importance where there is some.
double errorOf(std::span<const float> x, std::span<const float> y, std::span<const float> importance) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double error = double{y[i]} - double{x[i]};
    sum += error * error * (importance.empty() ? 1.0 : double{importance[i % kColumns]});
  }
  return sum;
}

bool isK(const NumberFormat& format) { return format.blockSize == 256; }

}  // namespace

TEST_CASE("every format encodes to the same bits as the gguf package, where that quantizes it") {
  const std::vector<float> x = floats("source.f32");
  for (const NumberFormat& format : numberFormats()) {
    if (isK(format) || format.id == FormatId::f32 || !format.inGguf()) continue;
    CAPTURE(format.name);
    const std::string expected = fixture(std::string(format.name) + ".blocks");
    const std::vector<std::byte> found = encoded(format, x, {});
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i] == static_cast<std::byte>(expected[i])) continue;
      CAPTURE(i / format.blockBytes);
      CAPTURE(i % format.blockBytes);
      REQUIRE(static_cast<unsigned>(found[i]) == static_cast<unsigned char>(expected[i]));
    }
  }
}

TEST_CASE("Q4_Z encodes to what rounding in groups of 32 gives") {
  const std::vector<float> x = floats("source.f32");
  ThreadPool pool(1);
  const auto rows = static_cast<std::uint32_t>(x.size() / kColumns);
  CHECK(roundTrip(numberFormat(FormatId::q4_Z), x, {}) == roundToNearest({4, 32, false}, rows, kColumns, x, pool).decode());
}

TEST_CASE("F32 encodes to itself") {
  const std::vector<float> x = floats("source.f32");
  CHECK(roundTrip(numberFormat(FormatId::f32), x, {}) == x);
}

TEST_CASE("the errors of the searches are at most ggml's and never more than those of rounding to nearest") {
  const std::vector<float> x = floats("source.f32"), importance = floats("importance.f32");
  const auto errors = nlohmann::json::parse(fixture("errors.json"));
  for (const auto& [name, known] : errors.items()) {
    CAPTURE(name);
    const NumberFormat& format = *findFormatByName(name);
    const std::vector<float> plain = roundTrip(format, x, {}), weighted = roundTrip(format, x, importance);
    double logPlain = 0, logWeighted = 0;
    int counted = 0;
    for (std::size_t row = 0; row < x.size() / kColumns; ++row) {
      CAPTURE(row);
      const auto part = [&](const std::vector<float>& y) { return std::span(y).subspan(row * kColumns, kColumns); };
      const double ours = errorOf(part(x), part(plain), {}), oursWeighted = errorOf(part(x), part(weighted), importance);
      const double theirs = known["ggml"]["plain"][row], theirsWeighted = known["ggml_importance"]["weighted"][row];
      if (isK(format)) {
        // Without importance an error counts more where a weight is large, which a single row may pay for.
        const double rounded = known["nearest"]["plain"][row];
        CHECK(ours <= rounded * 1.15 + 1e-12);
        CHECK(oursWeighted <= double{known["nearest"]["weighted"][row]} * 1.01 + 1e-12);
      }
      if (theirs <= 1e-9 || theirsWeighted <= 1e-9) continue;
      logPlain += std::log(ours / theirs);
      logWeighted += std::log(oursWeighted / theirsWeighted);
      ++counted;
    }
    REQUIRE(counted > 12);
    MESSAGE(name << " error beside ggml's: " << std::exp(logPlain / counted) << ", with importance "
                 << std::exp(logWeighted / counted));
    CHECK(std::exp(logPlain / counted) <= 1.02);
    CHECK(std::exp(logWeighted / counted) <= 1.02);
  }
}

TEST_CASE("weights that a K type can hold exactly come back exactly") {
  // Hand-worked: levels 0 to 3 times scales 15 and 5 of d = 0.5, minima 15 and 3 of dmin = 0.25.
  std::vector<float> x(kColumns);
  for (std::size_t i = 0; i < kColumns; ++i) {
    const bool odd = i / 16 % 2 == 1;
    const auto level = static_cast<float>(i % 4);
    x[i] = odd ? 0.5f * 5 * level - 0.25f * 3 : 0.5f * 15 * level - 0.25f * 15;
  }
  CHECK(roundTrip(numberFormat(FormatId::q2_K), x, {}) == x);
  // Levels -4 to 3 times scale -32 of d = -0.125 (4) and 8 of it (-1): every level is used.
  for (std::size_t i = 0; i < kColumns; ++i) {
    const auto level = static_cast<float>(static_cast<int>(i % 8) - 4);
    x[i] = i / 16 % 2 == 1 ? -1.0f * level : 4.0f * level;
  }
  CHECK(roundTrip(numberFormat(FormatId::q3_K), x, {}) == x);
}

TEST_CASE("zeros stay zeros and a column without importance costs nothing") {
  const std::vector<float> zeros(kColumns);
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> x(kColumns), none(kColumns), half(kColumns);
  for (float& value : x) value = normal(random);
  for (std::size_t i = 0; i < kColumns; i += 2) half[i] = 1;
  for (const NumberFormat& format : numberFormats()) {
    CAPTURE(format.name);
    CHECK(roundTrip(format, zeros, {}) == zeros);
    CHECK(roundTrip(format, zeros, none) == zeros);
    for (const float value : roundTrip(format, x, none)) CHECK(std::isfinite(value));
    CHECK(errorOf(x, roundTrip(format, x, half), half) <= errorOf(x, roundTrip(format, x, {}), half) * 1.0001);
  }
}

TEST_CASE("a row that is no whole blocks falls back as llama.cpp does") {
  CHECK(formatForRows(FormatId::q4_K, 512) == FormatId::q4_K);
  CHECK(formatForRows(FormatId::q4_K, 576) == FormatId::q5_0);
  CHECK(formatForRows(FormatId::q5_K, 576) == FormatId::q5_1);
  CHECK(formatForRows(FormatId::q6_K, 576) == FormatId::q8_0);
  CHECK(formatForRows(FormatId::q2_K, 576) == FormatId::q4_0);
  CHECK(formatForRows(FormatId::q6_K, 50) == FormatId::f16);
  CHECK(formatForRows(FormatId::q8_0, 50) == FormatId::f16);
}
