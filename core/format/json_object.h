// Objects of JSON files that somebody else wrote, read with errors that name file and key.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cutaway {

/// An object, which keeps its whole file alive. A key whose value is null counts as missing.
class JsonObject {
 public:
  using Json = nlohmann::json;

  static Result<JsonObject> open(const std::string& path);
  /// Nothing where there is no such file.
  static Result<std::optional<JsonObject>> openIfThere(const std::string& path);
  static Result<JsonObject> parse(std::string file, std::string_view text);

  const std::string& file() const { return m_file; }
  const Json& json() const { return *m_object; }
  const Json* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  std::string keyPath(std::string_view key) const { return m_path + std::string(key); }  ///< "rope_scaling.factor"

  Result<std::uint64_t> uint(std::string_view key) const;  ///< a whole number, not negative
  Result<std::uint64_t> uintOr(std::string_view key, std::uint64_t fallback) const;
  Result<double> number(std::string_view key) const;
  Result<double> numberOr(std::string_view key, double fallback) const;
  Result<bool> booleanOr(std::string_view key, bool fallback) const;
  Result<std::string> string(std::string_view key) const;
  Result<std::string> stringOr(std::string_view key, std::string fallback) const;
  /// An object inside; nothing where the key is missing.
  Result<std::optional<JsonObject>> object(std::string_view key) const;
  /// The array; null where the key is missing.
  Result<const Json*> array(std::string_view key) const;
  /// An object that is an item of one of this file's arrays; `path` says where it is.
  Result<JsonObject> item(const Json& value, std::string path) const;

  template <class... Parts>
  std::unexpected<Error> wrong(std::string_view key, const Parts&... parts) const {
    return fail(ErrorKind::badInput, m_file, ": \"", m_path, key, "\" ", parts...);
  }

 private:
  JsonObject(std::string file, std::string path, std::shared_ptr<const Json> object)
      : m_file(std::move(file)), m_path(std::move(path)), m_object(std::move(object)) {}

  std::string m_file, m_path;
  std::shared_ptr<const Json> m_object;
};

}  // namespace cutaway
