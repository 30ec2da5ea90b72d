#include "core/format/metadata.h"

#include <limits>

#include "core/base/utf8.h"

namespace cutaway {
namespace {

constexpr const char* kTypeNames[] = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                      "bool", "string", "array", "u64", "i64", "f64"};

/// "an array of string", for errors.
std::string describe(const MetaValue& value) {
  if (const auto* array = std::get_if<MetaArray>(&value.value))
    return concat("an array of ", array->size(), " ", metaTypeName(array->element));
  return metaTypeName(value.type);
}

std::unexpected<Error> wrongType(const std::string& file, std::string_view key, const MetaValue& found,
                                 const char* expected) {
  return fail(ErrorKind::badInput, file, ": metadata ", inQuotes(key), " is ", describe(found), "; expected ",
              expected);
}

Result<const MetaValue*> require(const Metadata& metadata, std::string_view key) {
  if (const MetaValue* value = metadata.find(key)) return value;
  return fail(ErrorKind::badInput, metadata.fileName(), ": metadata ", inQuotes(key), " is missing");
}

/// A value or array of the alternative T, or an error.
template <class T>
Result<const T*> alternative(const Metadata& metadata, std::string_view key, const char* expected) {
  const MetaValue* value = TRY(require(metadata, key));
  if (const T* found = std::get_if<T>(&value->value)) return found;
  return wrongType(metadata.fileName(), key, *value, expected);
}

}  // namespace

const char* metaTypeName(MetaType type) {
  const auto index = static_cast<std::size_t>(type);
  return index < std::size(kTypeNames) ? kTypeNames[index] : "unknown type";
}

std::size_t MetaArray::size() const {
  return std::visit([](const auto& list) { return list.size(); }, items);
}

const MetaValue* Metadata::find(std::string_view key) const {
  const auto place = m_places.find(std::string(key));
  return place == m_places.end() ? nullptr : &m_entries[place->second].second;
}

void Metadata::set(std::string key, MetaValue value) {
  const auto [place, isNew] = m_places.try_emplace(key, m_entries.size());
  if (isNew)
    m_entries.emplace_back(std::move(key), std::move(value));
  else
    m_entries[place->second].second = std::move(value);
}

Result<std::uint64_t> Metadata::uint(std::string_view key) const {
  const MetaValue* value = TRY(require(*this, key));
  if (const auto* number = std::get_if<std::uint64_t>(&value->value)) return *number;
  const auto* number = std::get_if<std::int64_t>(&value->value);
  if (number == nullptr) return wrongType(m_file, key, *value, "an integer");
  if (*number < 0)
    return fail(ErrorKind::badInput, m_file, ": metadata ", inQuotes(key), " is ", *number,
                "; expected an integer of 0 or more");
  return static_cast<std::uint64_t>(*number);
}

Result<double> Metadata::number(std::string_view key) const {
  const MetaValue* value = TRY(require(*this, key));
  if (const auto* real = std::get_if<double>(&value->value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&value->value)) return static_cast<double>(*whole);
  if (const auto* whole = std::get_if<std::uint64_t>(&value->value)) return static_cast<double>(*whole);
  return wrongType(m_file, key, *value, "a number");
}

Result<bool> Metadata::boolean(std::string_view key) const {
  return *TRY(alternative<bool>(*this, key, "bool"));
}

Result<std::string> Metadata::string(std::string_view key) const {
  return *TRY(alternative<std::string>(*this, key, "a string"));
}

Result<const std::vector<std::string>*> Metadata::strings(std::string_view key) const {
  constexpr const char* kExpected = "an array of strings";
  const MetaArray* array = TRY(alternative<MetaArray>(*this, key, kExpected));
  if (const auto* list = std::get_if<std::vector<std::string>>(&array->items)) return list;
  return wrongType(m_file, key, *find(key), kExpected);
}

Result<std::vector<double>> Metadata::numbers(std::string_view key) const {
  constexpr const char* kExpected = "an array of numbers";
  const MetaArray* array = TRY(alternative<MetaArray>(*this, key, kExpected));
  if (const auto* reals = std::get_if<std::vector<double>>(&array->items)) return *reals;
  if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&array->items))
    return std::vector<double>(whole->begin(), whole->end());
  if (const auto* whole = std::get_if<std::vector<std::uint64_t>>(&array->items))
    return std::vector<double>(whole->begin(), whole->end());
  return wrongType(m_file, key, *find(key), kExpected);
}

Result<std::vector<std::int64_t>> Metadata::integers(std::string_view key) const {
  constexpr const char* kExpected = "an array of integers";
  const MetaArray* array = TRY(alternative<MetaArray>(*this, key, kExpected));
  if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&array->items)) return *whole;
  const auto* whole = std::get_if<std::vector<std::uint64_t>>(&array->items);
  if (whole == nullptr) return wrongType(m_file, key, *find(key), kExpected);
  for (std::size_t i = 0; i < whole->size(); ++i)
    if ((*whole)[i] > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
      return fail(ErrorKind::badInput, m_file, ": metadata ", inQuotes(key), " holds ", (*whole)[i], " at ", i,
                  "; expected at most 2^63 - 1");
  return std::vector<std::int64_t>(whole->begin(), whole->end());
}

Result<std::uint64_t> Metadata::uintOr(std::string_view key, std::uint64_t fallback) const {
  if (!has(key)) return fallback;
  return uint(key);
}

Result<double> Metadata::numberOr(std::string_view key, double fallback) const {
  if (!has(key)) return fallback;
  return number(key);
}

Result<bool> Metadata::booleanOr(std::string_view key, bool fallback) const {
  if (!has(key)) return fallback;
  return boolean(key);
}

Result<std::string> Metadata::stringOr(std::string_view key, std::string fallback) const {
  if (!has(key)) return fallback;
  return string(key);
}

}  // namespace cutaway
