#include "core/format/safetensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/byte_reader.h"
#include "core/base/utf8.h"
#include "core/format/tensor_checks.h"
#include "core/quant/number_format.h"

namespace cutaway {
namespace {

using Json = nlohmann::json;

struct TypeRow {
  ArrayType type;
  const char* name;
  std::uint32_t bytes;
  std::optional<FormatId> format;  ///< how its bytes become floats
};
constexpr TypeRow kTypes[] = {
    {ArrayType::f32, "F32", 4, FormatId::f32},    {ArrayType::f16, "F16", 2, FormatId::f16},
    {ArrayType::bf16, "BF16", 2, FormatId::bf16}, {ArrayType::i32, "I32", 4, std::nullopt},
    {ArrayType::i64, "I64", 8, std::nullopt},     {ArrayType::u8, "U8", 1, std::nullopt},
};
static_assert(std::size(kTypes) == kArrayTypeCount);

const TypeRow& row(ArrayType type) { return kTypes[static_cast<std::size_t>(type)]; }

/// The format's own bound on the directory, which keeps a damaged length from asking for all memory.
constexpr std::uint64_t kLargestHeader = 100'000'000;

/// Bytes of an array; nothing when 63 bits cannot count them.
std::optional<std::uint64_t> bytesOf(ArrayType type, std::span<const std::uint64_t> shape) {
  std::uint64_t bytes = row(type).bytes;
  for (const std::uint64_t size : shape)
    if (__builtin_mul_overflow(bytes, size, &bytes) || bytes >> 63 != 0) return std::nullopt;
  return bytes;
}

std::optional<std::uint64_t> unsignedNumber(const Json& json) {
  if (!json.is_number_unsigned()) return std::nullopt;
  return json.get<std::uint64_t>();
}

/// The numbers of an array such as "shape"; nothing when it is not one.
std::optional<std::vector<std::uint64_t>> numbers(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return std::nullopt;
  std::vector<std::uint64_t> values;
  for (const Json& item : *found) {
    const auto value = unsignedNumber(item);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

/// `dataStart` and `dataBytes` bound where the arrays lie in the file.
Result<ArrayInfo> readEntry(const std::string& file, const std::string& name, const Json& entry,
                            std::uint64_t dataStart, std::uint64_t dataBytes) {
  TRY(checkName(file, "the name of an array", name));
  if (!entry.is_object())
    return fail(ErrorKind::badInput, file, ": array ", inQuotes(name), " is described by ", entry.type_name(),
                ", expected an object");
  const auto dtype = entry.find("dtype");
  const std::string typeName = dtype != entry.end() && dtype->is_string() ? dtype->get<std::string>() : "";
  const auto type = std::ranges::find(kTypes, typeName, &TypeRow::name);
  if (type == std::end(kTypes))
    return fail(ErrorKind::badInput, file, ": array ", inQuotes(name), " has the type ", inQuotes(typeName),
                "; F32, F16, BF16, I32, I64 and U8 can be read");
  const auto shape = numbers(entry, "shape");
  const auto place = numbers(entry, "data_offsets");
  if (!shape || !place || place->size() != 2)
    return fail(ErrorKind::badInput, file, ": array ", inQuotes(name),
                " needs a \"shape\" and two \"data_offsets\", lists of whole numbers");
  const auto bytes = bytesOf(type->type, *shape);
  const std::uint64_t begin = place->front(), end = place->back();
  if (end > dataBytes || begin > end)
    return fail(ErrorKind::badInput, file, ": array ", inQuotes(name), " lies at bytes ", begin, " to ", end,
                " of the data, which has ", dataBytes);
  if (!bytes || *bytes != end - begin)
    return fail(ErrorKind::badInput, file, ": array ", inQuotes(name), " of ", typeName, " ",
                shapeText(*shape), " has ", end - begin, " bytes",
                bytes ? concat(", expected ", *bytes) : std::string());
  return ArrayInfo{name, type->type, *shape, dataStart + begin, *bytes};
}

Result<void> readMetadata(const std::string& file, const Json& entry,
                          std::map<std::string, std::string>& metadata) {
  if (!entry.is_object()) return fail(ErrorKind::badInput, file, ": __metadata__ is not an object");
  for (const auto& [key, value] : entry.items()) {
    if (!value.is_string())
      return fail(ErrorKind::badInput, file, ": metadata ", inQuotes(key), " is not a string");
    metadata[key] = value.get<std::string>();
  }
  return {};
}

Result<void> checkOverlaps(const std::string& file, const std::vector<ArrayInfo>& arrays) {
  for (std::size_t i = 1; i < arrays.size(); ++i)
    if (arrays[i].offset < arrays[i - 1].offset + arrays[i - 1].bytes)
      return fail(ErrorKind::badInput, file, ": arrays ", inQuotes(arrays[i - 1].name), " and ",
                  inQuotes(arrays[i].name), " overlap");
  return {};
}

Result<std::string> directory(const std::string& path, std::span<const SafetensorsWriter::Entry> entries,
                              const std::map<std::string, std::string>& metadata, std::uint64_t& bytes) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const SafetensorsWriter::Entry& entry : entries) {
    TRY(checkName(path, "the name of an array", entry.name));
    if (header.contains(entry.name) || entry.name == "__metadata__")
      return fail(ErrorKind::badInput, path, ": array ", inQuotes(entry.name), " is given twice");
    const std::uint64_t end = offset + entry.bytes();
    header[entry.name] = {{"dtype", row(entry.type).name}, {"shape", entry.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  bytes = offset;
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // so that the data begins aligned
  return text;
}

}  // namespace

const char* arrayTypeName(ArrayType type) { return row(type).name; }
std::uint32_t arrayTypeBytes(ArrayType type) { return row(type).bytes; }

const ArrayInfo* ArrayFile::find(std::string_view name) const {
  const auto found = std::ranges::find(arrays, name, &ArrayInfo::name);
  return found == arrays.end() ? nullptr : &*found;
}

Result<std::vector<float>> ArrayFile::floats(const ArrayInfo& array) const {
  const auto format = row(array.type).format;
  if (!format)
    return fail(ErrorKind::badInput, source.name, ": array ", inQuotes(array.name), " holds ",
                row(array.type).name, ", expected F32, F16 or BF16");
  std::vector<float> values(array.bytes / row(array.type).bytes);
  numberFormat(*format).decode(data(array), values);
  return values;
}

Result<ArrayFile> readSafetensors(SharedBytes source) {
  const std::string name = source.name;
  ByteReader reader(name, source.bytes);
  const auto length = TRY(reader.number<std::uint64_t>("the length of the directory"));
  if (length > kLargestHeader)
    return fail(ErrorKind::badInput, name, ": a directory of ", length, " bytes, expected at most ",
                kLargestHeader, "; this is no safetensors file");
  const auto text = TRY(reader.bytes(length, "the directory"));
  const auto* characters = reinterpret_cast<const char*>(text.data());
  const Json header = Json::parse(characters, characters + text.size(), nullptr, false);
  if (!header.is_object())
    return fail(ErrorKind::badInput, name, ": the directory at offset 8 is not a JSON object");
  ArrayFile file{std::move(source), {}, {}};
  for (const auto& [key, entry] : header.items()) {
    if (key == "__metadata__") {
      TRY(readMetadata(name, entry, file.metadata));
    } else {
      auto info = TRY(readEntry(name, key, entry, reader.offset(), reader.remaining()));
      file.arrays.push_back(std::move(info));
    }
  }
  std::ranges::sort(file.arrays, {}, [](const ArrayInfo& a) { return std::pair(a.offset, a.bytes); });
  TRY(checkOverlaps(name, file.arrays));
  return file;
}

std::uint64_t SafetensorsWriter::Entry::bytes() const { return bytesOf(type, shape).value_or(0); }

Result<SafetensorsWriter> SafetensorsWriter::create(const std::string& path, std::span<const Entry> entries,
                                                    const std::map<std::string, std::string>& metadata, const std::string& temporary) {
  std::uint64_t bytes = 0;
  const std::string text = TRY(directory(path, entries, metadata, bytes));
  AtomicFile file = TRY(temporary.empty() ? AtomicFile::create(path) : AtomicFile::reopen(path, temporary));
  const std::uint64_t length = text.size();
  TRY(file.write(std::as_bytes(std::span(&length, 1))));
  TRY(file.write(std::as_bytes(std::span(text))));
  return SafetensorsWriter(path, std::move(file), bytes);
}

Result<void> SafetensorsWriter::append(std::span<const std::byte> bytes) {
  if (bytes.size() > m_left)
    return fail(ErrorKind::usage, m_path, ": ", bytes.size(), " bytes for arrays that lack only ", m_left);
  m_left -= bytes.size();
  return m_file.write(bytes);
}

Result<void> SafetensorsWriter::skip(std::uint64_t bytes) {
  if (bytes > m_left) return fail(ErrorKind::usage, m_path, ": ", bytes, " bytes of arrays that have only ", m_left);
  TRY(m_file.resumeAt(m_dataBegin + bytes));
  m_left -= bytes;
  return {};
}

Result<void> SafetensorsWriter::commit() {
  if (m_left != 0) return fail(ErrorKind::usage, m_path, ": ", m_left, " bytes of the arrays were not written");
  return m_file.commit();
}

Result<void> writeSafetensors(const std::string& path, std::span<const NamedArray> arrays,
                              const std::map<std::string, std::string>& metadata) {
  std::vector<SafetensorsWriter::Entry> entries;
  for (const NamedArray& array : arrays) {
    const auto bytes = bytesOf(array.type, array.shape);
    if (!bytes || *bytes != array.bytes.size())
      return fail(ErrorKind::badInput, path, ": array ", inQuotes(array.name), " of ", row(array.type).name,
                  " ", shapeText(array.shape), " was given ", array.bytes.size(), " bytes");
    entries.push_back({array.name, array.type, array.shape});
  }
  auto file = TRY(SafetensorsWriter::create(path, entries, metadata));
  for (const NamedArray& array : arrays) TRY(file.append(array.bytes));
  return file.commit();
}

}  // namespace cutaway
