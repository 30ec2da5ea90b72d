// GGUF v2 and v3, little-endian: read with every count, offset and size checked, and written.
// Source: ggml/docs/gguf.md.
#pragma once

#include <functional>

#include "core/format/model_file.h"

namespace cutaway {

bool looksLikeGguf(std::span<const std::byte> bytes);
Result<ModelFile> readGguf(SharedBytes source);

/// A tensor to be written: `shape` outermost first; `bytes` are asked for when its turn comes, so that a
/// whole model never has to be in memory.
struct GgufTensor {
  std::string name;
  std::vector<std::uint64_t> shape;
  FormatId format = FormatId::f32;
  std::function<Result<std::vector<std::byte>>()> bytes;
};

/// Writes version 3 to a temporary name beside `path` and renames it at the end; nothing is left
/// half-written.
Result<void> writeGguf(const std::string& path, const Metadata& metadata,
                       const std::vector<GgufTensor>& tensors);

}  // namespace cutaway
