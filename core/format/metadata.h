// A model file's metadata: keys with typed values, in file order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace cutaway {

/// GGUF's value types, numbered as in the file. Source: ggml/docs/gguf.md.
enum class MetaType : std::uint32_t {
  u8,
  i8,
  u16,
  i16,
  u32,
  i32,
  f32,
  boolean,
  string,
  array,
  u64,
  i64,
  f64
};

/// An array of one element type (not of arrays). Integers are widened, and written as `element` says.
struct MetaArray {
  MetaType element = MetaType::u32;
  std::variant<std::vector<std::uint64_t>, std::vector<std::int64_t>, std::vector<double>, std::vector<bool>,
               std::vector<std::string>>
      items;
  std::size_t size() const;
};

struct MetaValue {
  MetaType type = MetaType::u32;
  std::variant<std::uint64_t, std::int64_t, double, bool, std::string, MetaArray> value;
};

/// "u32", "string", "array"
const char* metaTypeName(MetaType type);

/// Keys and values with typed access. The typed getters fail when the key is missing or of another type,
/// naming file, key, expected and found; the `...Or` forms return the fallback only when the key is missing.
class Metadata {
 public:
  Metadata() = default;
  explicit Metadata(std::string fileName) : m_file(std::move(fileName)) {}

  const std::string& fileName() const { return m_file; }
  const std::vector<std::pair<std::string, MetaValue>>& entries() const { return m_entries; }
  const MetaValue* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  void set(std::string key, MetaValue value);  ///< replaces an equal key

  Result<std::uint64_t> uint(std::string_view key) const;  ///< any integer type, not negative
  Result<double> number(std::string_view key) const;       ///< any number
  Result<bool> boolean(std::string_view key) const;
  Result<std::string> string(std::string_view key) const;
  Result<const std::vector<std::string>*> strings(std::string_view key) const;  ///< lives as long as this
  Result<std::vector<double>> numbers(std::string_view key) const;              ///< any array of numbers
  Result<std::vector<std::int64_t>> integers(std::string_view key) const;       ///< any array of integers

  Result<std::uint64_t> uintOr(std::string_view key, std::uint64_t fallback) const;
  Result<double> numberOr(std::string_view key, double fallback) const;
  Result<bool> booleanOr(std::string_view key, bool fallback) const;
  Result<std::string> stringOr(std::string_view key, std::string fallback) const;

 private:
  std::string m_file;
  std::vector<std::pair<std::string, MetaValue>> m_entries;
  std::unordered_map<std::string, std::size_t> m_places;  ///< of keys in m_entries
};

}  // namespace cutaway
