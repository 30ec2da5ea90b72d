// What a Hugging Face directory needs beside its weights, made of GGUF's metadata: config.json and tokenizer.json.
#pragma once

#include <nlohmann/json.hpp>

#include "core/format/model_file.h"

namespace cutaway::hf {

/// config.json for transformers. Fails on what its families would not compute the same way (rope factors of unknown origin).
Result<nlohmann::ordered_json> makeConfig(const ModelFile& file);

struct TokenizerFiles {
  nlohmann::ordered_json tokenizer, settings;  ///< tokenizer.json, tokenizer_config.json
};
/// Byte-level BPE with one of the split rules whose pattern is known.
Result<TokenizerFiles> makeTokenizer(const Metadata& metadata);

/// Heads whose rows lie in GGUF's order in the tensor `name`, 0 where rows are in the order of both.
std::uint64_t interleavedHeads(const Metadata& metadata, std::string_view name);

}  // namespace cutaway::hf
