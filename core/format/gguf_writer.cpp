#include <algorithm>
#include <unordered_set>

#include "core/base/atomic_file.h"
#include "core/base/utf8.h"
#include "core/format/gguf.h"
#include "core/format/gguf_layout.h"
#include "core/format/tensor_checks.h"

namespace cutaway {
namespace {

/// A tensor's place: bytes it takes and where it begins in the data part.
struct Place {
  std::uint64_t offset = 0, bytes = 0;
};

Result<std::vector<Place>> placeTensors(const std::string& path, std::span<const GgufEntry> tensors,
                                        std::uint64_t alignment) {
  std::unordered_set<std::string_view> names;
  std::vector<Place> places;
  std::uint64_t end = 0;
  for (const GgufEntry& tensor : tensors) {
    TRY(checkName(path, "the name of a tensor", tensor.name));
    if (!names.insert(tensor.name).second)
      return fail(ErrorKind::badInput, path, ": tensor ", inQuotes(tensor.name), " is given twice");
    if (!numberFormat(tensor.format).inGguf())
      return fail(ErrorKind::badInput, path, ": tensor ", inQuotes(tensor.name), " is in ", numberFormat(tensor.format).name,
                  ", which GGUF does not have");
    const auto bytes = TRY(checkedTensorBytes(path, tensor.name, tensor.shape, numberFormat(tensor.format)));
    places.push_back({gguf::alignUp(end, alignment), bytes});
    if (__builtin_add_overflow(places.back().offset, bytes, &end) || end >> 63 != 0)
      return fail(ErrorKind::badInput, path, ": the tensors up to ", inQuotes(tensor.name),
                  " have more bytes than 63 bits can count");
  }
  return places;
}

Result<void> appendValue(const std::string& path, const std::string& key, const MetaValue& value,
                         std::string& out) {
  gguf::appendNumber(static_cast<std::uint32_t>(value.type), out);
  const auto* array = std::get_if<MetaArray>(&value.value);
  const gguf::ValueCodec* codec = gguf::findValueCodec(array == nullptr ? value.type : array->element);
  bool fits = codec != nullptr && (array != nullptr) == (value.type == MetaType::array);
  if (fits && array != nullptr) {
    gguf::appendNumber(static_cast<std::uint32_t>(array->element), out);
    gguf::appendNumber<std::uint64_t>(array->size(), out);
    fits = codec->writeItems(*array, out);
  } else if (fits) {
    fits = codec->write(value, out);
  }
  if (fits) return {};
  return fail(ErrorKind::badInput, path, ": metadata ", inQuotes(key), " does not fit its type, ",
              metaTypeName(array == nullptr ? value.type : array->element));
}

Result<std::string> headerBytes(const std::string& path, const Metadata& metadata,
                                std::span<const GgufEntry> tensors, const std::vector<Place>& places) {
  std::string out(gguf::kMagic);
  gguf::appendNumber(gguf::kVersion, out);
  gguf::appendNumber<std::uint64_t>(tensors.size(), out);
  gguf::appendNumber<std::uint64_t>(metadata.entries().size(), out);
  for (const auto& [key, value] : metadata.entries()) {
    TRY(checkName(path, "a metadata key", key));
    gguf::appendString(key, out);
    TRY(appendValue(path, key, value, out));
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    gguf::appendString(tensors[i].name, out);
    gguf::appendNumber(static_cast<std::uint32_t>(tensors[i].shape.size()), out);
    // The file has the innermost dimension first.
    for (auto dimension = tensors[i].shape.rbegin(); dimension != tensors[i].shape.rend(); ++dimension)
      gguf::appendNumber(*dimension, out);
    gguf::appendNumber(numberFormat(tensors[i].format).ggufType, out);
    gguf::appendNumber(places[i].offset, out);
  }
  return out;
}

Result<void> padTo(AtomicFile& file, std::uint64_t alignment) {
  const std::vector<std::byte> zeros(gguf::alignUp(file.written(), alignment) - file.written());
  return file.write(zeros);
}

/// The header, and where tensors lie behind it.
struct Plan {
  std::string header;
  std::vector<Place> places;
  std::uint64_t alignment;
};

Result<Plan> planFile(const std::string& path, const Metadata& metadata, std::span<const GgufEntry> tensors) {
  const auto alignment = TRY(gguf::alignmentOf(metadata));
  std::vector<Place> places = TRY(placeTensors(path, tensors, alignment));
  std::string header = TRY(headerBytes(path, metadata, tensors, places));
  return Plan{std::move(header), std::move(places), alignment};
}

}  // namespace

Result<std::uint64_t> ggufBytes(const std::string& path, const Metadata& metadata,
                                std::span<const GgufEntry> tensors) {
  const Plan plan = TRY(planFile(path, metadata, tensors));
  const std::uint64_t data = plan.places.empty() ? 0 : plan.places.back().offset + plan.places.back().bytes;
  return gguf::alignUp(plan.header.size(), plan.alignment) + gguf::alignUp(data, plan.alignment);
}

Result<GgufWriter> GgufWriter::create(const std::string& path, const Metadata& metadata,
                                      std::span<const GgufEntry> tensors, const std::string& temporary) {
  const Plan plan = TRY(planFile(path, metadata, tensors));
  GgufWriter writer(path, TRY(temporary.empty() ? AtomicFile::create(path) : AtomicFile::reopen(path, temporary)));
  writer.m_alignment = plan.alignment;
  for (std::size_t i = tensors.size(); i > 0; --i)
    writer.m_left.emplace_back(tensors[i - 1].name, plan.places[i - 1].bytes);
  TRY(writer.m_file.write(std::as_bytes(std::span(plan.header))));
  TRY(padTo(writer.m_file, plan.alignment));
  for (const auto& place : plan.places) writer.m_places.push_back({writer.m_file.written() + place.offset, place.bytes});
  return writer;
}

Result<void> GgufWriter::skip(std::size_t tensors) {
  const std::uint64_t begin = tensors == 0 ? m_file.written() : gguf::alignUp(m_places[tensors - 1].begin + m_places[tensors - 1].bytes, m_alignment);
  TRY(m_file.resumeAt(begin));
  m_left.resize(m_left.size() - tensors);
  return {};
}

Result<std::vector<std::byte>> GgufWriter::read(std::size_t tensor) const {
  std::vector<std::byte> bytes(m_places[tensor].bytes);
  TRY(m_file.read(m_places[tensor].begin, bytes));
  return bytes;
}

Result<void> GgufWriter::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (m_left.empty())
      return fail(ErrorKind::badInput, m_path, ": was given ", bytes.size(), " bytes more than its tensors have");
    std::uint64_t& left = m_left.back().second;
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
    TRY(m_file.write(bytes.first(count)));
    bytes = bytes.subspan(count);
    left -= count;
    if (left > 0) continue;
    m_left.pop_back();
    TRY(padTo(m_file, m_alignment));
  }
  return {};
}

Result<void> GgufWriter::commit() {
  if (!m_left.empty())
    return fail(ErrorKind::badInput, m_path, ": tensor ", inQuotes(m_left.back().first), " lacks ",
                m_left.back().second, " bytes");
  return m_file.commit();
}

Result<void> writeGguf(const std::string& path, const Metadata& metadata,
                       const std::vector<GgufTensor>& tensors) {
  std::vector<GgufEntry> entries;
  for (const GgufTensor& tensor : tensors) entries.push_back({tensor.name, tensor.shape, tensor.format});
  GgufWriter writer = TRY(GgufWriter::create(path, metadata, entries));
  for (const GgufTensor& tensor : tensors) {
    const std::vector<std::byte> bytes = TRY(tensor.bytes());
    const std::uint64_t expected = TRY(checkedTensorBytes(path, tensor.name, tensor.shape, numberFormat(tensor.format)));
    if (bytes.size() != expected)
      return fail(ErrorKind::badInput, path, ": tensor ", inQuotes(tensor.name), " was given ", bytes.size(),
                  " bytes; expected ", expected, " (", numberFormat(tensor.format).name, ", ",
                  shapeText(tensor.shape), ")");
    TRY(writer.append(bytes));
  }
  return writer.commit();
}

}  // namespace cutaway
