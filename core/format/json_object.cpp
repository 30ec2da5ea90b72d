#include "core/format/json_object.h"

#include <filesystem>

#include "core/base/mapped_file.h"

namespace cutaway {

Result<JsonObject> JsonObject::open(const std::string& path) {
  const SharedBytes file = TRY(mapFile(path));
  return parse(path, {reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()});
}

Result<std::optional<JsonObject>> JsonObject::openIfThere(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::optional<JsonObject>();
  return std::optional<JsonObject>(TRY(open(path)));
}

Result<JsonObject> JsonObject::parse(std::string file, std::string_view text) {
  auto json = std::make_shared<const Json>(Json::parse(text, nullptr, false));
  if (!json->is_object()) return fail(ErrorKind::badInput, file, ": is not a JSON object");
  return JsonObject(std::move(file), "", std::move(json));
}

const JsonObject::Json* JsonObject::find(std::string_view key) const {
  const auto found = m_object->find(std::string(key));
  return found == m_object->end() || found->is_null() ? nullptr : &*found;
}

Result<std::uint64_t> JsonObject::uint(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return wrong(key, "is missing; expected a whole number");
  if (!value->is_number_unsigned()) return wrong(key, "is ", value->type_name(), ", expected a whole number, not negative");
  return value->get<std::uint64_t>();
}

Result<std::uint64_t> JsonObject::uintOr(std::string_view key, std::uint64_t fallback) const {
  if (!has(key)) return fallback;
  return uint(key);
}

Result<double> JsonObject::number(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return wrong(key, "is missing; expected a number");
  if (!value->is_number()) return wrong(key, "is ", value->type_name(), ", expected a number");
  return value->get<double>();
}

Result<double> JsonObject::numberOr(std::string_view key, double fallback) const {
  if (!has(key)) return fallback;
  return number(key);
}

Result<bool> JsonObject::booleanOr(std::string_view key, bool fallback) const {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) return wrong(key, "is ", value->type_name(), ", expected true or false");
  return value->get<bool>();
}

Result<std::string> JsonObject::string(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return wrong(key, "is missing; expected a string");
  if (!value->is_string()) return wrong(key, "is ", value->type_name(), ", expected a string");
  return value->get<std::string>();
}

Result<std::string> JsonObject::stringOr(std::string_view key, std::string fallback) const {
  if (!has(key)) return fallback;
  return string(key);
}

Result<std::optional<JsonObject>> JsonObject::object(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return std::optional<JsonObject>();
  return std::optional<JsonObject>(TRY(item(*value, keyPath(key))));
}

Result<const JsonObject::Json*> JsonObject::array(std::string_view key) const {
  const Json* value = find(key);
  if (value != nullptr && !value->is_array()) return wrong(key, "is ", value->type_name(), ", expected a list");
  return value;
}

Result<JsonObject> JsonObject::item(const Json& value, std::string path) const {
  if (!value.is_object())
    return fail(ErrorKind::badInput, m_file, ": \"", path, "\" is ", value.type_name(), ", expected an object");
  return JsonObject(m_file, std::move(path) + ".", std::shared_ptr<const Json>(m_object, &value));
}

}  // namespace cutaway
