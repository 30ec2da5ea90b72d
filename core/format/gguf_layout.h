// What GGUF's reader and writer share: numbers of the format and how metadata values lie in the file.
// Source: ggml/docs/gguf.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/byte_reader.h"
#include "core/format/metadata.h"

namespace cutaway::gguf {

inline constexpr std::string_view kMagic = "GGUF";
inline constexpr std::uint32_t kVersion = 3;

/// Of the data part and every tensor in it: "general.alignment", or 32. Fails unless a power of two from 8 to
/// 1 MiB.
Result<std::uint64_t> alignmentOf(const Metadata& metadata);

/// `alignment` is a power of two; the result does not overflow when `offset` is the size of something in
/// memory.
inline std::uint64_t alignUp(std::uint64_t offset, std::uint64_t alignment) {
  return (offset + alignment - 1) & ~(alignment - 1);
}

/// The bytes of a number, as the file holds them.
template <class T>
void appendNumber(T value, std::string& out) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  out.append(raw, sizeof(T));
}

/// A 64-bit length and the bytes.
void appendString(std::string_view text, std::string& out);

/// One type of value in the file. Writers return false when a value is not of the type or does not fit it.
struct ValueCodec {
  std::size_t leastBytes;  ///< an item takes at least these
  Result<MetaValue> (*read)(ByteReader& reader, MetaType type, std::string_view what);
  Result<MetaArray> (*readItems)(ByteReader& reader, MetaType element, std::uint64_t count,
                                 std::string_view what);
  bool (*write)(const MetaValue& value, std::string& out);
  bool (*writeItems)(const MetaArray& array, std::string& out);
};

/// Null for MetaType::array and numbers that are no type.
const ValueCodec* findValueCodec(MetaType type);

}  // namespace cutaway::gguf
