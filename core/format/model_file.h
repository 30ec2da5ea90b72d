// A model as plain data: metadata, tensor directory, and the mapped bytes behind it, of one file or of several.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/mapped_file.h"
#include "core/format/made_bytes.h"
#include "core/format/metadata.h"
#include "core/quant/number_format.h"

namespace cutaway {

/// One tensor of the directory. Shapes are written outermost first (rows, columns), the reverse of GGUF's
/// order; a row is contiguous and a whole number of blocks.
struct TensorInfo {
  std::string name;
  std::vector<std::uint64_t> shape;  ///< 1 to 4 dimensions, each at least 1
  FormatId format = FormatId::f32;
  std::uint64_t offset = 0;  ///< of the first byte, from the start of its file; aligned, inside the file
  std::uint64_t bytes = 0;
  std::uint32_t part = 0;  ///< the file: ModelFile::source, or more[part - 1]
  /// Set where no file holds the tensor as it is; `offset` and `part` say nothing then.
  std::shared_ptr<const MadeBytes> made = nullptr;

  std::uint64_t columns() const { return shape.back(); }
  std::uint64_t rows() const;  ///< product of all dimensions but the last
  std::uint64_t elements() const { return rows() * columns(); }
};

/// An opened, fully checked model. Movable; the mapped bytes live as long as any copy.
struct ModelFile {
  SharedBytes source;             ///< of several files the first, under the name of their directory
  std::string container;          ///< "GGUF v3"
  Metadata metadata;
  std::vector<TensorInfo> tensors;
  std::vector<SharedBytes> more;  ///< the other files that hold tensors
  std::vector<std::string> notes; ///< what a reader of the model should know: what was decoded while loading, and why

  const TensorInfo* find(std::string_view name) const;
  /// The tensor's bytes alone, with their owner: a view into its file, or made now where nobody holds them.
  SharedBytes data(const TensorInfo& tensor) const;
  std::uint64_t bytes() const;  ///< of all files that hold tensors
};

/// Opens any container this program knows (the table in model_file.cpp), told apart by content, or a Hugging Face
/// directory.
Result<ModelFile> openModelFile(const std::string& path);
Result<ModelFile> openModelFile(SharedBytes source);

}  // namespace cutaway
