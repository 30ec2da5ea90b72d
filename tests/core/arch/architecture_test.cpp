// Metadata and tensors that make no model end in a sentence, quickly and without giant allocations.
#include <doctest/doctest.h>

#include <cmath>

#include "small_llama.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

template <class Spoil>
std::string errorAfter(Spoil spoil) {
  SmallLlama model;
  spoil(model);
  const auto result = readArchitecture(model.file());
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().kind == ErrorKind::badInput);
  return result.error().message;
}

}  // namespace

TEST_CASE("sizes come from metadata and tensors") {
  const auto architecture = readArchitecture(SmallLlama{}.file());
  REQUIRE(architecture.has_value());
  const Config& c = architecture->config;
  CHECK(c.family == "llama");
  CHECK(c.layers == 1);
  CHECK(c.headWidth == 2);
  CHECK(c.keyValueHeads == 2);
  CHECK(c.vocabulary == 20);
  CHECK(c.tiedOutput);
  CHECK_FALSE(c.attentionBias);
  CHECK(architecture->graph.find("blk.0.resid_post") != kNone);
}

TEST_CASE("absent head_count_kv means one key-value head per query head") {
  SmallLlama model;
  model.set("llama.attention.head_count_kv", std::uint64_t{4});
  model.shape("blk.0.attn_k.weight") = model.shape("blk.0.attn_v.weight") = {8, 8};
  const auto given = readArchitecture(model.file());
  REQUIRE(given.has_value());
  CHECK(given->config.keyValueHeads == 4);
}

TEST_CASE("a sliding window bounds the context") {
  SmallLlama model;
  model.set("llama.attention.sliding_window", std::uint64_t{16});
  CHECK(readArchitecture(model.file())->config.contextLength == 16);
  model.set("llama.attention.sliding_window", std::uint64_t{4096});
  CHECK(readArchitecture(model.file())->config.contextLength == 64);
}

TEST_CASE("an unknown family lists the known ones") {
  CHECK(errorAfter([](SmallLlama& m) { m.set("general.architecture", "mamba"); }) ==
        "hand-made: the model family \"mamba\" cannot be run; known families: llama, qwen2, qwen3");
}

TEST_CASE("tensors must have the shapes that the sizes say, and none may be left over") {
  CHECK(errorAfter([](SmallLlama& m) {
          m.shape("blk.0.ffn_up.weight") = {13, 8};
        }) == "hand-made: the tensor blk.0.ffn_up.weight has shape (13, 8), expected (12, 8)");
  CHECK(errorAfter([](SmallLlama& m) { m.tensors.erase(m.tensors.begin() + 3); }) ==
        "hand-made: the tensor blk.0.attn_q.weight is missing; expected shape (8, 8)");
  CHECK(errorAfter([](SmallLlama& m) { m.tensors.erase(m.tensors.begin()); }) ==
        "hand-made: the tensor token_embd.weight is missing");
  CHECK(errorAfter([](SmallLlama& m) { m.shape("blk.0.ffn_up.bias") = {12}; }) ==
        "hand-made: the tensor blk.0.ffn_up.bias (12) has no place in this model family; the model is a "
        "variant "
        "that cannot be run");
  CHECK(errorAfter([](SmallLlama& m) { m.shape("blk.0.attn_q.bias") = {8}; }) ==
        "hand-made: the tensor blk.0.attn_k.bias is missing; expected shape (4)");
  CHECK(errorAfter([](SmallLlama& m) { m.set("general.architecture", "qwen2"); }).find("qwen2.block_count") !=
        std::string::npos);
}

TEST_CASE("absurd sizes are refused") {
  const char* keys[] = {"llama.block_count",    "llama.embedding_length",        "llama.attention.head_count",
                        "llama.context_length", "llama.attention.head_count_kv", "llama.feed_forward_length"};
  for (const char* key : keys)
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1} << 32, std::uint64_t{1} << 63}) {
      CAPTURE(key);
      CAPTURE(value);
      CHECK(errorAfter([&](SmallLlama& m) { m.set(key, value); }).find(key) != std::string::npos);
    }
  CHECK(errorAfter([](SmallLlama& m) { m.set("llama.block_count", std::uint64_t{1000000000}); }) ==
        "hand-made: llama.block_count is 1000000000, but the file holds only 11 tensors");
  CHECK(errorAfter([](SmallLlama& m) { m.set("llama.attention.head_count", std::uint64_t{3}); }) ==
        "hand-made: 3 query heads cannot share 2 key-value heads evenly");
  CHECK(errorAfter([](SmallLlama& m) { m.set("llama.attention.head_count", std::uint64_t{100}); }) ==
        "hand-made: a width of 8 leaves nothing for each of 100 heads");
  CHECK(errorAfter([](SmallLlama& m) { m.set("llama.attention.value_length", std::uint64_t{4}); }) ==
        "hand-made: keys have a width of 2 and values of 4; only models where both are equal can be run");
  CHECK(errorAfter([](SmallLlama& m) { m.set("llama.expert_count", std::uint64_t{8}); }) ==
        "hand-made: a mixture of 8 experts; only models without experts can be run");
  CHECK(errorAfter([](SmallLlama& m) {
          m.set("llama.attention.head_count", std::uint64_t{1} << 19);
          m.set("llama.attention.key_length", std::uint64_t{1} << 19);
        }).find("make more than") != std::string::npos);
}

TEST_CASE("an epsilon that is no small number is refused") {
  for (const double value : {-1.0, 2.0, static_cast<double>(NAN), static_cast<double>(INFINITY)})
    CHECK(errorAfter([&](SmallLlama& m) {
            m.set("llama.attention.layer_norm_rms_epsilon", value);
          }).find("expected a number from 0 to 1") != std::string::npos);
  CHECK(errorAfter([](SmallLlama& m) {
          m.set("llama.attention.layer_norm_rms_epsilon", "small");
        }).find("llama.attention.layer_norm_rms_epsilon") != std::string::npos);
}
