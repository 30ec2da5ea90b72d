// GGUF v2 and v3, little-endian: read with every count, offset and size checked, and written.
// Source: ggml/docs/gguf.md.
#pragma once

#include <functional>

#include "core/base/atomic_file.h"
#include "core/format/model_file.h"

namespace cutaway {

bool looksLikeGguf(std::span<const std::byte> bytes);
Result<ModelFile> readGguf(SharedBytes source);

/// A tensor of a file that is written piece by piece: `shape` outermost first.
struct GgufEntry {
  std::string name;
  std::vector<std::uint64_t> shape;
  FormatId format = FormatId::f32;
};

/// Bytes of a whole file with these tensors. Fails as GgufWriter::create does.
Result<std::uint64_t> ggufBytes(const std::string& path, const Metadata& metadata, std::span<const GgufEntry> tensors);

/// Writes version 3 to a temporary name beside `path`, renamed at the end; without a commit nothing is left. Move-only.
class GgufWriter {
 public:
  /// Writes the header. Fails on names that are given twice, rows that are no whole blocks, sizes beyond 63 bits. With a name for the
  /// temporary file, what it holds of tensors stays until skip(), which must come next.
  static Result<GgufWriter> create(const std::string& path, const Metadata& metadata,
                                   std::span<const GgufEntry> tensors, const std::string& temporary = {});
  /// The first `tensors` tensors are there already, of an earlier writer of the same file; what follows them is cut off.
  Result<void> skip(std::size_t tensors);
  /// One that is written, or was skipped, by its number.
  Result<std::vector<std::byte>> read(std::size_t tensor) const;
  AtomicFile& file() { return m_file; }
  /// The next bytes of the tensors in their order, cut anywhere; the padding between them is added.
  Result<void> append(std::span<const std::byte> bytes);
  std::uint64_t written() const { return m_file.written(); }
  /// Fails when bytes are missing.
  Result<void> commit();

 private:
  GgufWriter(std::string path, AtomicFile file) : m_path(std::move(path)), m_file(std::move(file)) {}

  std::string m_path;
  AtomicFile m_file;
  std::uint64_t m_alignment = 0;
  struct Place {
    std::uint64_t begin = 0, bytes = 0;  ///< begin: from the start of the file
  };
  std::vector<Place> m_places;
  std::vector<std::pair<std::string, std::uint64_t>> m_left;  ///< tensors that are not complete, the last one first
};

/// A tensor to be written at once; `bytes` are asked for when its turn comes, so that a whole model never has to be in
/// memory.
struct GgufTensor {
  std::string name;
  std::vector<std::uint64_t> shape;
  FormatId format = FormatId::f32;
  std::function<Result<std::vector<std::byte>>()> bytes;
};

/// All of a file by GgufWriter.
Result<void> writeGguf(const std::string& path, const Metadata& metadata,
                       const std::vector<GgufTensor>& tensors);

}  // namespace cutaway
