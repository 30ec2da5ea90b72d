// GGUF files built byte by byte, so that tests can make them wrong in any way they like.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/mapped_file.h"

namespace cutaway::test {

/// Bytes in a block of their own size, so that a sanitizer sees a read past the end.
inline SharedBytes sharedBytes(std::string name, std::string_view content) {
  auto block = std::make_shared<std::vector<std::byte>>(content.size());
  if (!content.empty()) std::memcpy(block->data(), content.data(), content.size());
  const std::span<const std::byte> view(*block);
  return {std::move(name), view, std::move(block)};
}

template <class T>
std::string raw(T value) {
  std::string out(sizeof(T), '\0');
  std::memcpy(out.data(), &value, sizeof(T));
  return out;
}

inline std::string rawString(std::string_view text) { return raw<std::uint64_t>(text.size()).append(text); }

/// Key, type number and the value's bytes.
inline std::string rawEntry(std::string_view key, std::uint32_t type, std::string_view value) {
  return rawString(key) + raw(type).append(value);
}

inline std::string rawArray(std::uint32_t element, std::uint64_t count, std::string_view items) {
  return raw(element) + raw(count).append(items);
}

struct RawTensor {
  std::string name;
  std::vector<std::uint64_t> dimensions;  ///< innermost first, as in the file
  std::uint32_t type = 0;
  std::uint64_t offset = 0;
  std::optional<std::uint32_t> dimensionCount = {};
};

struct RawGguf {
  std::uint32_t version = 3;
  std::vector<std::string> entries;
  std::vector<RawTensor> tensors;
  std::size_t dataBytes = 0;
  std::size_t alignment = 32;
  std::optional<std::uint64_t> entryCount, tensorCount;

  std::string bytes() const {
    std::string out = "GGUF" + raw(version) + raw(tensorCount.value_or(tensors.size())) +
                      raw(entryCount.value_or(entries.size()));
    for (const std::string& entry : entries) out += entry;
    for (const RawTensor& tensor : tensors) {
      out += rawString(tensor.name);
      out += raw(tensor.dimensionCount.value_or(static_cast<std::uint32_t>(tensor.dimensions.size())));
      for (const std::uint64_t dimension : tensor.dimensions) out += raw(dimension);
      out += raw(tensor.type) + raw(tensor.offset);
    }
    out.resize((out.size() + alignment - 1) / alignment * alignment);
    out.resize(out.size() + dataBytes, '\x5a');
    return out;
  }
};

}  // namespace cutaway::test
