// Rotary settings against values worked by hand. Whole models with each method are compared in
// families_test.cpp.
#include "core/arch/rope.h"

#include <doctest/doctest.h>

#include <cmath>

#include "small_llama.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

template <class Change>
Result<RopeAttributes> rope(std::uint32_t headWidth, Change change) {
  SmallLlama model;
  change(model);
  return readRope(model.file(), "llama", headWidth, false);
}

}  // namespace

TEST_CASE("frequencies fall from 1 by powers of the base") {
  const RopeAttributes plain = rope(4, [](SmallLlama&) {}).value();
  CHECK(plain.frequency == std::vector<float>{1.0f, 0.01f});
  CHECK(plain.magnitude == 1.0f);
  CHECK(rope(8, [](SmallLlama& m) { m.set("llama.rope.freq_base", 16.0); })->frequency ==
        std::vector<float>{1.0f, 0.5f, 0.25f, 0.125f});
}

TEST_CASE("fewer dimensions than the head has are rotated when the file says so") {
  CHECK(rope(8, [](SmallLlama& m) { m.set("llama.rope.dimension_count", std::uint64_t{4}); })->frequency ==
        std::vector<float>{1.0f, 0.01f});
}

TEST_CASE("linear scaling divides, by either key, and none does not") {
  const std::vector<float> quarter = {0.25f, 0.0025f};
  CHECK(rope(4, [](SmallLlama& m) { m.set("llama.rope.scale_linear", 4.0); })->frequency == quarter);
  CHECK(rope(4, [](SmallLlama& m) { m.set("llama.rope.scaling.factor", 4.0); })->frequency == quarter);
  CHECK(rope(4, [](SmallLlama& m) { m.set("llama.rope.scaling.factor", 0.0); })->frequency[0] == 1.0f);
  const auto none = rope(4, [](SmallLlama& m) {
    m.set("llama.rope.scaling.factor", 4.0);
    m.set("llama.rope.scaling.type", "none");
  });
  CHECK(none->frequency[0] == 1.0f);
}

TEST_CASE("yarn keeps fast pairs, stretches slow ones and grows the magnitude") {
  const auto yarn = rope(64, [](SmallLlama& m) {
    m.set("llama.rope.scaling.type", "yarn");
    m.set("llama.rope.scaling.factor", 8.0);
    m.set("llama.rope.scaling.original_context_length", std::uint64_t{4096});
    m.set("llama.rope.scaling.attn_factor", 0.5);
  });
  REQUIRE(yarn.has_value());
  // Pairs that turn 32 times and once in 4,096 positions: 10.47 and 22.51.
  CHECK(yarn->frequency[10] == doctest::Approx(std::pow(10000.0, -10 / 32.0)));
  CHECK(yarn->frequency[23] == doctest::Approx(std::pow(10000.0, -23 / 32.0) / 8));
  const double keep = 1 - (16 - 10) / 13.0;
  CHECK(yarn->frequency[16] == doctest::Approx(std::pow(10000.0, -0.5) * (keep + (1 - keep) / 8)));
  CHECK(yarn->magnitude == doctest::Approx(0.5 * (1 + 0.1 * std::log(8.0))));
}

TEST_CASE("factors per pair divide the frequencies and must fit") {
  SmallLlama model;
  HandMadeModel maker;
  maker.add("rope_freqs.weight", {2}, {1, 4});
  ModelFile file = maker.finish();
  file.metadata = model.metadata;
  CHECK(readRope(file, "llama", 4, false)->frequency == std::vector<float>{1.0f, 0.0025f});
  const auto wrong = readRope(file, "llama", 8, false);
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().message ==
        "hand-made: rope_freqs.weight has 2 elements in F32, expected 4 in F32, one per rotated pair");
}

TEST_CASE("rotary settings that make no sense are refused") {
  const auto message = [](auto change) {
    const auto result = rope(4, change);
    REQUIRE_FALSE(result.has_value());
    return result.error().message;
  };
  CHECK(message([](SmallLlama& m) { m.set("llama.rope.dimension_count", std::uint64_t{3}); }) ==
        "hand-made: llama.rope.dimension_count is 3, expected an even number up to the head width 4");
  CHECK(message([](SmallLlama& m) { m.set("llama.rope.dimension_count", std::uint64_t{6}); }) ==
        "hand-made: llama.rope.dimension_count is 6, expected an even number up to the head width 4");
  CHECK(message([](SmallLlama& m) { m.set("llama.rope.freq_base", -1.0); }) ==
        "hand-made: llama.rope.freq_base is -1, expected a number above 0");
  CHECK(message([](SmallLlama& m) { m.set("llama.rope.freq_base", static_cast<double>(NAN)); }) ==
        "hand-made: llama.rope.freq_base is nan, expected a number above 0");
  CHECK(message([](SmallLlama& m) { m.set("llama.rope.scaling.factor", -4.0); }) ==
        "hand-made: llama.rope.scaling.factor is -4, expected a number above 0");
  CHECK(message([](SmallLlama& m) { m.set("llama.rope.scaling.type", "longrope"); }) ==
        "hand-made: llama.rope.scaling.type is \"longrope\", expected none, linear or yarn");
}
