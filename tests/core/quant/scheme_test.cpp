#include "core/quant/scheme.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "core/quant/code_books.h"
#include "support/paths.h"

using namespace cutaway;

namespace {

std::string fixture(const std::string& name) {
  return test::readFile(test::projectFile("tests/oracles/schemes/" + name));
}

std::vector<float> floats(const std::string& name) {
  const std::string bytes = fixture(name);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

Scheme scheme(std::string_view text) {
  const auto parsed = parseScheme(text);
  REQUIRE_MESSAGE(parsed.has_value(), text);
  return *parsed;
}

std::vector<float> simulated(std::string_view text, std::uint64_t columns, std::vector<float> weights,
                             unsigned threads = 2) {
  ThreadPool pool(threads);
  simulate(scheme(text), weights.size() / columns, columns, weights, pool);
  return weights;
}

std::vector<float> randomWeights(std::size_t count) {
  std::mt19937 random(9);
  std::normal_distribution<float> normal(0.01f, 0.1f);
  std::vector<float> weights(count);
  for (float& weight : weights) weight = normal(random);
  return weights;
}

double errorOf(const std::vector<float>& x, const std::vector<float>& y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (double{x[i]} - double{y[i]}) * (double{x[i]} - double{y[i]});
  return sum;
}

}  // namespace

TEST_CASE("the code books are those of bitsandbytes") {
  const auto books = nlohmann::json::parse(fixture("books.json"));
  const auto check = [&](const char* name, std::span<const float> codes) {
    CAPTURE(name);
    REQUIRE(books[name].size() == codes.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
      CAPTURE(i);
      CHECK(codes[i] == static_cast<float>(books[name][i].get<double>()));
    }
  };
  check("nf4", nf4Codes());
  check("fp4", fp4Codes());
  check("dynamic", dynamicCodes());
}

TEST_CASE("NF4 and FP4 leave what bitsandbytes leaves") {
  const std::vector<float> x = floats("source.f32");
  for (const auto& [text, file] : {std::pair{"nf4", "nf4.f32"}, {"fp4", "fp4.f32"}}) {
    CAPTURE(text);
    CHECK(simulated(text, 128, x) == floats(file));
  }
  // bitsandbytes finds a scale's code on the CPU by a table of coarse steps, which now and then gives the neighbour of the
  // nearest one: two of these sixty blocks. (Its kernels for GPUs search as we do.)
  for (const auto& [text, file] : {std::pair{"nf4:dq", "nf4-dq.f32"}, {"fp4:dq", "fp4-dq.f32"}}) {
    CAPTURE(text);
    const std::vector<float> expected = floats(file), found = simulated(text, 128, x);
    int different = 0;
    for (std::size_t block = 0; block < found.size(); block += 64) {
      bool same = true;
      for (std::size_t i = block; i < block + 64; ++i) {
        same = same && std::fabs(found[i] - expected[i]) <= 1e-6f * std::fabs(expected[i]);
        CHECK(std::fabs(found[i] - expected[i]) <= 0.11f * std::fabs(expected[i]));
      }
      different += same ? 0 : 1;
    }
    CHECK(different <= 2);
  }
}

TEST_CASE("the nearest code wins, and the lower one in the middle") {
  const auto codes = nf4Codes();
  for (std::size_t i = 0; i < codes.size(); ++i) CHECK(nearestCode(codes, codes[i]) == codes[i]);
  for (std::size_t i = 0; i + 1 < codes.size(); ++i) {
    const float middle = (codes[i] + codes[i + 1]) / 2;
    CHECK(nearestCode(codes, middle) == codes[i]);
    CHECK(nearestCode(codes, std::nextafter(middle, 2.0f)) == codes[i + 1]);
  }
  CHECK(nearestCode(codes, -7) == -1);
  CHECK(nearestCode(codes, 7) == 1);
}

TEST_CASE("integers, by hand") {
  // Symmetric, 3 bits: scale = 1.5 / 3 = 0.5; 0.25 lies between two levels and goes to the even one.
  CHECK(simulated("int3:channel", 4, {1.5f, -0.7f, 0.25f, 0.8f}) == std::vector<float>{1.5f, -0.5f, 0.0f, 1.0f});
  // Zero point, 2 bits: range -0.5 to 1, scale 0.5, zero 1, levels -1 to 2.
  CHECK(simulated("int2:channel:asym", 4, {-0.5f, 1.0f, 0.3f, 0.2f}) == std::vector<float>{-0.5f, 1.0f, 0.5f, 0.0f});
  // All positive: 0 stays within the range, so that it is a level.
  CHECK(simulated("int2:channel:asym", 3, {3.0f, 2.0f, 1.4f}) == std::vector<float>{3.0f, 2.0f, 1.0f});
  // 2 bits symmetric: -1, 0 and 1 times the largest.
  CHECK(simulated("int2:channel", 4, {0.4f, -0.3f, 0.1f, 0.0f}) == std::vector<float>{0.4f, -0.4f, 0.0f, 0.0f});
  // Groups of two, one scale each; the last is short.
  CHECK(simulated("int2:g2", 3, {1, 0.4f, 0.5f, 2, 0.9f, -8}) == std::vector<float>{1, 0, 0.5f, 2, 0, -8});
  // One scale for the tensor: what is small beside the largest is lost.
  CHECK(simulated("int2:tensor", 2, {8, 1, 1, 1}) == std::vector<float>{8, 0, 0, 0});
  CHECK(simulated("int8:tensor", 2, {0, 0, 0, 0}) == std::vector<float>{0, 0, 0, 0});
}

TEST_CASE("more bits and smaller groups leave less error, whoever computes") {
  const std::vector<float> x = randomWeights(16 * 256);
  for (const char* shares : {"tensor", "channel", "g128", "g64", "g32"})
    for (const char* zero : {"", ":asym"}) {
      double before = 1e30;
      for (int bits = 2; bits <= 16; ++bits) {
        const std::string text = concat("int", bits, ":", shares, zero);
        CAPTURE(text);
        const double error = errorOf(x, simulated(text, 256, x));
        CHECK(error < before);
        before = error;
        CHECK(simulated(text, 256, x, 1) == simulated(text, 256, x, 3));
      }
    }
  for (const char* bits : {"int8", "int4", "int3"}) {
    double before = 1e30;
    for (const char* shares : {":tensor", ":channel", ":g128", ":g32"}) {
      const double error = errorOf(x, simulated(std::string(bits) + shares, 256, x));
      CHECK(error < before);
      before = error;
    }
  }
  CHECK(errorOf(x, simulated("nf4", 256, x)) < errorOf(x, simulated("fp4", 256, x)));
  CHECK(errorOf(x, simulated("nf4", 256, x)) < errorOf(x, simulated("int4:g64", 256, x)));
}

TEST_CASE("a format as a scheme is its encoding read back, in its fallback where rows are short") {
  const std::vector<float> x = randomWeights(4 * 96);
  for (const char* name : {"q8_0", "q4_0", "f16", "bf16"}) {
    const NumberFormat& format = *findFormatByName(name);
    std::vector<std::byte> blocks(format.bytesFor(x.size()));
    std::vector<float> expected(x.size());
    format.encode(x, {}, blocks);
    format.decode(blocks, expected);
    CHECK(simulated(name, 96, x) == expected);
  }
  CHECK(simulated("q6_K", 96, x) == simulated("q8_0", 96, x));
}

TEST_CASE("schemes are read and printed") {
  for (const char* text : {"int4:g64:asym", "int8:channel", "int3:tensor:asym", "int16:g32", "nf4:b64", "fp4:b128:dq",
                           "q4_k", "bf16"})
    CHECK(toString(scheme(text)) == text);
  CHECK(toString(scheme("INT4")) == "int4:g128");
  CHECK(toString(scheme("nf4")) == "nf4:b64");
  CHECK(toString(scheme("int4:sym:g32")) == "int4:g32");
  for (const char* text : {"", "int", "int1", "int17", "int4:", "int4:g", "int4:g0", "int4:dq", "nf4:g64", "nf4:b0",
                           "q4_0:g32", "int4:g64:what", "x"}) {
    CAPTURE(text);
    const auto parsed = parseScheme(text);
    if (std::string(text) == "int4:") continue;  // an empty rest says nothing
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().message.find("expected int2 to int16") != std::string::npos);
  }
  CHECK(describe(scheme("int4:g64:asym")) == "4-bit integers with zero points, groups of 64");
  CHECK(describe(scheme("nf4:dq")) == "NF4, blocks of 64, double quantization");
  CHECK(scheme("int4:g32").bitsPerWeight(8, 64) == doctest::Approx(4.5));
  CHECK(scheme("int4:g32:asym").bitsPerWeight(8, 64) == doctest::Approx(4.625));
  CHECK(scheme("nf4").bitsPerWeight(8, 64) == doctest::Approx(4.5));
  CHECK(scheme("nf4:dq").bitsPerWeight(8, 64) == doctest::Approx(4.127).epsilon(0.0005));
  CHECK(scheme("q6_K").bitsPerWeight(8, 64) == doctest::Approx(8.5));
}
