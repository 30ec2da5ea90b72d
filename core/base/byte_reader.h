// The only way bytes of a file are read: in order, little-endian, never past the end.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/base/result.h"

namespace cutaway {

class ByteReader {
 public:
  /// `name` is the file, for errors. Keeps views of both.
  ByteReader(std::string_view name, std::span<const std::byte> bytes) : m_name(name), m_bytes(bytes) {}

  std::string_view name() const { return m_name; }
  std::size_t offset() const { return m_offset; }
  std::size_t remaining() const { return m_bytes.size() - m_offset; }

  /// A number; `what` names it in the error.
  template <class T>
    requires std::is_arithmetic_v<T>
  Result<T> number(std::string_view what) {
    const auto raw = TRY(bytes(sizeof(T), what));
    T value;
    std::memcpy(&value, raw.data(), sizeof(T));
    return value;
  }

  /// The next `count` bytes, as a view into the file.
  Result<std::span<const std::byte>> bytes(std::uint64_t count, std::string_view what) {
    if (count > remaining())
      return fail(ErrorKind::badInput, m_name, ": ", what, " at offset ", m_offset, " needs ", count,
                  " bytes, but only ", remaining(), " are left in the file");
    const auto view = m_bytes.subspan(m_offset, count);
    m_offset += count;
    return view;
  }

  /// A 64-bit length and that many bytes; not checked for UTF-8.
  Result<std::string> string(std::string_view what) {
    const auto length = TRY(number<std::uint64_t>(what));
    const auto raw = TRY(bytes(length, what));
    return std::string(reinterpret_cast<const char*>(raw.data()), raw.size());
  }

 private:
  std::string_view m_name;
  std::span<const std::byte> m_bytes;
  std::size_t m_offset = 0;
};

}  // namespace cutaway
