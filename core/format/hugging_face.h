// Hugging Face directories read as the same model that a GGUF file would hold: config.json, tokenizer.json and safetensors become
// GGUF's metadata and tensor names. Source: the config classes and weight names of huggingface/transformers, and what
// llama.cpp's converter makes of them.
#pragma once

#include "core/format/json_object.h"
#include "core/format/model_file.h"

namespace cutaway {

/// config.json, model.safetensors (or the shards that model.safetensors.index.json names), tokenizer.json, and, where they are there,
/// tokenizer_config.json, generation_config.json and chat_template.jinja. Weights in F32, F16 and BF16 stay in their mapped
/// files, but for llama's query and key rows, which are put in GGUF's order when they are asked for.
Result<ModelFile> openHuggingFace(const std::string& directory);

namespace hf {

/// What a directory's model type is to GGUF.
struct Family {
  const char* modelType;   ///< of config.json
  const char* family;      ///< general.architecture
  bool pairsInterleaved;   ///< GGUF wants rotary pairs side by side: rows of q and k change places
};
std::span<const Family> families();

/// Row r of a matrix in GGUF's order is row sourceOf(r) of the directory's.
struct RowOrder {
  std::uint64_t rows = 0, heads = 0;  ///< heads 0: the same order
  std::uint64_t sourceOf(std::uint64_t row) const {
    if (heads == 0) return row;
    const std::uint64_t width = rows / heads, place = row % width;
    return row - place + place % 2 * (width / 2) + place / 2;
  }
};

struct ModelConfig {
  Family family;
  std::uint64_t queryHeads = 0, keyValueHeads = 0;
  bool tiedOutput = false;
  bool attentionBias = false;      ///< on queries, keys and values
  std::vector<float> ropeFactors;  ///< of llama3 scaling: a divisor per rotated pair; else empty
};
/// Sizes, norms and rotary scaling to `metadata`. Fails on what the families here would compute differently.
Result<ModelConfig> readConfig(const JsonObject& config, Metadata& metadata);

/// Vocabulary, merges, split rule, special tokens and chat template to `metadata`.
Result<void> readTokenizer(const std::string& directory, const JsonObject& config, Metadata& metadata);
/// The same from files that were read; those that are not there may be missing.
Result<void> readTokenizer(const JsonObject& tokenizer, const std::optional<JsonObject>& settings,
                           const std::optional<JsonObject>& generation, const JsonObject& config, Metadata& metadata);

/// "model.layers.3.self_attn.q_proj" is "blk.3.attn_q": of a module or tensor without its last part; empty where unknown.
std::string ggufModule(std::string_view module);
/// And back.
std::string hfModule(std::string_view module);

/// Regular expressions of pre-tokenizers that are one of our split rules.
struct SplitPattern {
  const char* pattern;
  bool wholeWords;  ///< the model's "ignore_merges"
  const char* rule;
};
std::span<const SplitPattern> splitPatterns();

}  // namespace hf
}  // namespace cutaway
