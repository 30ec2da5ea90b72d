// A model file as plain data: metadata, tensor directory, and the mapped bytes behind it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/mapped_file.h"
#include "core/format/metadata.h"
#include "core/quant/number_format.h"

namespace cutaway {

/// One tensor of the directory. Shapes are written outermost first (rows, columns), the reverse of GGUF's
/// order; a row is contiguous and a whole number of blocks.
struct TensorInfo {
  std::string name;
  std::vector<std::uint64_t> shape;  ///< 1 to 4 dimensions, each at least 1
  FormatId format = FormatId::f32;
  std::uint64_t offset = 0;  ///< of the first byte, from the start of the file; aligned, inside the file
  std::uint64_t bytes = 0;

  std::uint64_t columns() const { return shape.back(); }
  std::uint64_t rows() const;  ///< product of all dimensions but the last
  std::uint64_t elements() const { return rows() * columns(); }
};

/// An opened, fully checked model file. Movable; the mapped bytes live as long as any copy.
struct ModelFile {
  SharedBytes source;
  std::string container;  ///< "GGUF v3"
  Metadata metadata;
  std::vector<TensorInfo> tensors;

  const TensorInfo* find(std::string_view name) const;
  /// The tensor's bytes, a view into the file.
  std::span<const std::byte> data(const TensorInfo& tensor) const {
    return source.bytes.subspan(tensor.offset, tensor.bytes);
  }
};

/// Opens any container this program knows (the table in model_file.cpp), told apart by content.
Result<ModelFile> openModelFile(const std::string& path);
Result<ModelFile> openModelFile(SharedBytes source);

}  // namespace cutaway
