// safetensors files: named arrays with a JSON directory, read with every offset checked, and written whole or
// not at all. Source: github.com/huggingface/safetensors, README.md ("Format").
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/base/mapped_file.h"
#include "core/base/result.h"

namespace cutaway {

enum class ArrayType : std::uint8_t { f32, f16, bf16, i32, i64, u8 };
inline constexpr std::size_t kArrayTypeCount = 6;
const char* arrayTypeName(ArrayType type);  ///< as the format spells it: "F32"
std::uint32_t arrayTypeBytes(ArrayType type);

/// An array of the directory. Row-major; no dimension: one number. Dimensions of 0 are allowed.
struct ArrayInfo {
  std::string name;
  ArrayType type = ArrayType::f32;
  std::vector<std::uint64_t> shape;
  std::uint64_t offset = 0;  ///< of the first byte, from the start of the file
  std::uint64_t bytes = 0;
};

/// An opened, fully checked file. Arrays are in the order of their bytes.
struct ArrayFile {
  SharedBytes source;
  std::map<std::string, std::string> metadata;
  std::vector<ArrayInfo> arrays;

  const ArrayInfo* find(std::string_view name) const;
  std::span<const std::byte> data(const ArrayInfo& array) const {
    return source.bytes.subspan(array.offset, array.bytes);
  }
  /// An F32, F16 or BF16 array as floats; fails for others.
  Result<std::vector<float>> floats(const ArrayInfo& array) const;
};

Result<ArrayFile> readSafetensors(SharedBytes source);

/// An array to be written; `bytes` are the caller's.
struct NamedArray {
  std::string name;
  ArrayType type = ArrayType::f32;
  std::vector<std::uint64_t> shape;
  std::span<const std::byte> bytes;
};

/// Writes a file array by array, so that a model never has to be in memory. Without a commit nothing is left. Move-only.
class SafetensorsWriter {
 public:
  struct Entry {
    std::string name;
    ArrayType type = ArrayType::f32;
    std::vector<std::uint64_t> shape;
    std::uint64_t bytes() const;  ///< of a shape that 63 bits can count
  };
  static Result<SafetensorsWriter> create(const std::string& path, std::span<const Entry> entries,
                                          const std::map<std::string, std::string>& metadata = {}, const std::string& temporary = {});
  /// With a name for the temporary file: so many bytes of the arrays are there already; what follows them is cut off.
  Result<void> skip(std::uint64_t bytes);
  /// Bytes of the arrays that are written, or were skipped.
  Result<void> read(std::uint64_t begin, std::span<std::byte> bytes) const { return m_file.read(m_dataBegin + begin, bytes); }
  AtomicFile& file() { return m_file; }
  /// The next bytes of the arrays, in their order, cut anywhere.
  Result<void> append(std::span<const std::byte> bytes);
  Result<void> commit();  ///< fails when bytes are missing

 private:
  SafetensorsWriter(std::string path, AtomicFile file, std::uint64_t left)
      : m_path(std::move(path)), m_file(std::move(file)), m_left(left), m_dataBegin(m_file.written()) {}
  std::string m_path;
  AtomicFile m_file;
  std::uint64_t m_left, m_dataBegin;
};

/// Arrays are written in the order given; the wide types first keeps every one aligned to its elements.
Result<void> writeSafetensors(const std::string& path, std::span<const NamedArray> arrays,
                              const std::map<std::string, std::string>& metadata = {});

}  // namespace cutaway
