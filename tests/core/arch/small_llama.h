// A complete little model of the llama family, to be spoiled one key or tensor at a time.
#pragma once

#include <functional>

#include "core/arch/family.h"
#include "support/hand_made_model.h"

namespace cutaway::test {

struct SmallLlama {
  std::vector<std::pair<std::string, std::vector<std::uint64_t>>> tensors = {
      {"token_embd.weight", {20, 8}},       {"output_norm.weight", {8}},
      {"blk.0.attn_norm.weight", {8}},      {"blk.0.attn_q.weight", {8, 8}},
      {"blk.0.attn_k.weight", {4, 8}},      {"blk.0.attn_v.weight", {4, 8}},
      {"blk.0.attn_output.weight", {8, 8}}, {"blk.0.ffn_norm.weight", {8}},
      {"blk.0.ffn_gate.weight", {12, 8}},   {"blk.0.ffn_up.weight", {12, 8}},
      {"blk.0.ffn_down.weight", {8, 12}},
  };
  Metadata metadata = [] {
    HandMadeModel maker;
    maker.set("general.architecture", std::string("llama"));
    maker.set("llama.block_count", std::uint64_t{1});
    maker.set("llama.embedding_length", std::uint64_t{8});
    maker.set("llama.attention.head_count", std::uint64_t{4});
    maker.set("llama.attention.head_count_kv", std::uint64_t{2});
    maker.set("llama.feed_forward_length", std::uint64_t{12});
    maker.set("llama.context_length", std::uint64_t{64});
    maker.set("llama.attention.layer_norm_rms_epsilon", 1e-5);
    return maker.finish().metadata;
  }();

  void set(std::string key, std::uint64_t value) { metadata.set(std::move(key), {MetaType::u64, value}); }
  void set(std::string key, double value) { metadata.set(std::move(key), {MetaType::f64, value}); }
  void set(std::string key, const char* value) {
    metadata.set(std::move(key), {MetaType::string, std::string(value)});
  }
  std::vector<std::uint64_t>& shape(std::string_view name) {
    for (auto& [tensor, shape] : tensors)
      if (tensor == name) return shape;
    return tensors.emplace_back(name, std::vector<std::uint64_t>{}).second;
  }
  ModelFile file() const {
    HandMadeModel maker;
    for (const auto& [name, shape] : tensors) maker.addRandom(name, shape, FormatId::f32, 1);
    ModelFile made = maker.finish();
    made.metadata = metadata;
    return made;
  }
};

}  // namespace cutaway::test
