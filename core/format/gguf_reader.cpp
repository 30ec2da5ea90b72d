#include <algorithm>
#include <unordered_set>

#include "core/base/utf8.h"
#include "core/format/gguf.h"
#include "core/format/gguf_layout.h"
#include "core/format/tensor_checks.h"

namespace cutaway {
namespace {

// The fewest bytes that a metadata entry (key, type, one byte) and a tensor's entry (name, one dimension)
// take.
constexpr std::uint64_t kLeastEntry = 8 + 1 + 4 + 1, kLeastTensor = 8 + 1 + 4 + 8 + 4 + 8;
// Items of all metadata arrays together: sixty times the largest vocabularies. Items grow when they are
// widened.
constexpr std::uint64_t kMostItems = 1 << 24;

class Reader {
 public:
  explicit Reader(SharedBytes source) : m_name(source.name), m_reader(m_name, source.bytes) {
    m_file.metadata = Metadata(m_name);
    m_file.source = std::move(source);
  }

  Result<ModelFile> read() {
    TRY(readHeader());
    for (std::uint64_t i = 0; i < m_entryCount; ++i) TRY(readEntry(i));
    TRY(refuseSplitFile());
    for (std::uint64_t i = 0; i < m_tensorCount; ++i) TRY(readTensor(i));
    TRY(placeTensors());
    TRY(refuseOverlaps());
    return std::move(m_file);
  }

 private:
  template <class... Parts>
  std::unexpected<Error> bad(const Parts&... parts) const {
    return fail(ErrorKind::badInput, m_name, ": ", parts...);
  }

  Result<void> readHeader() {
    TRY(m_reader.bytes(gguf::kMagic.size(), "the GGUF magic"));
    const auto version = TRY(m_reader.number<std::uint32_t>("the GGUF version"));
    TRY(checkVersion(version));
    m_tensorCount = TRY(m_reader.number<std::uint64_t>("the number of tensors"));
    m_entryCount = TRY(m_reader.number<std::uint64_t>("the number of metadata entries"));
    TRY(checkCount(m_entryCount, kLeastEntry, "metadata entries"));
    return checkCount(m_tensorCount, kLeastTensor, "tensors");
  }

  Result<void> checkVersion(std::uint32_t version) {
    if (version == 1)
      return bad(
          "is a GGUF file of version 1, which was in use for a few days only; versions 2 and 3 are "
          "supported: convert the model again");
    if ((version & 0xffff) == 0 && version != 0)
      return bad(
          "is a big-endian GGUF file; only little-endian files are supported: convert the model again "
          "without --big-endian");
    if (version < 2 || version > gguf::kVersion)
      return bad("is a GGUF file of version ", version, "; versions 2 and 3 are supported");
    m_file.container = concat("GGUF v", version);
    return {};
  }

  /// Before anything is allocated for them: could so many fit in what is left of the file?
  Result<void> checkCount(std::uint64_t count, std::uint64_t leastBytes, std::string_view what) {
    const std::uint64_t most = m_reader.remaining() / leastBytes;
    if (count <= most) return {};
    return bad("the header promises ", count, " ", what, ", but the ", m_reader.remaining(),
               " bytes after it hold at most ", most, "; the file is damaged or cut short");
  }

  Result<void> readEntry(std::uint64_t index) {
    const std::string what = concat("the key of metadata entry ", index);
    std::string key = TRY(m_reader.string(what));
    TRY(checkName(m_name, what, key));
    if (m_file.metadata.has(key)) return bad("metadata ", inQuotes(key), " occurs twice");
    MetaValue value = TRY(readValue(concat("metadata ", inQuotes(key))));
    m_file.metadata.set(std::move(key), std::move(value));
    return {};
  }

  Result<MetaValue> readValue(const std::string& what) {
    const auto type = static_cast<MetaType>(TRY(m_reader.number<std::uint32_t>(what)));
    if (type == MetaType::array) return MetaValue{type, TRY(readArray(what))};
    const auto* codec = TRY(findCodec(type, what));
    return codec->read(m_reader, type, what);
  }

  Result<MetaArray> readArray(const std::string& what) {
    const auto element = static_cast<MetaType>(TRY(m_reader.number<std::uint32_t>(what)));
    if (element == MetaType::array) return bad(what, " is an array of arrays, which is not supported");
    const auto* codec = TRY(findCodec(element, what));
    const auto count = TRY(m_reader.number<std::uint64_t>(what));
    if (count > m_reader.remaining() / codec->leastBytes)
      return bad(what, " at offset ", m_reader.offset(), " is an array of ", count, " ",
                 metaTypeName(element), ", more than the ", m_reader.remaining(),
                 " bytes that are left in the file can hold");
    if (count > kMostItems - m_items)
      return bad(what, " is an array of ", count, " items; all arrays together may have ", kMostItems);
    m_items += count;
    return codec->readItems(m_reader, element, count, what);
  }

  Result<const gguf::ValueCodec*> findCodec(MetaType type, const std::string& what) {
    if (const auto* codec = gguf::findValueCodec(type)) return codec;
    return bad(what, " at offset ", m_reader.offset() - sizeof(std::uint32_t), " has the type number ",
               static_cast<std::uint32_t>(type), "; expected 0 to 12");
  }

  Result<void> refuseSplitFile() {
    const auto parts = TRY(m_file.metadata.uintOr("split.count", 1));
    if (parts <= 1) return {};
    return bad("is one of the ", parts,
               " parts of a split model; join them with llama.cpp's "
               "\"llama-gguf-split --merge\"");
  }

  Result<void> readTensor(std::uint64_t index) {
    const std::string what = concat("the name of tensor ", index);
    TensorInfo tensor;
    tensor.name = TRY(m_reader.string(what));
    TRY(checkName(m_name, what, tensor.name));
    if (!m_names.insert(tensor.name).second) return bad("tensor ", inQuotes(tensor.name), " occurs twice");
    const std::string entry = concat("the entry of tensor ", inQuotes(tensor.name));
    tensor.shape = TRY(readShape(tensor.name, entry));
    const auto type = TRY(m_reader.number<std::uint32_t>(entry));
    const NumberFormat* format = findFormatByGgufType(type);
    if (format == nullptr) return unsupported(tensor.name, type);
    tensor.format = format->id;
    tensor.bytes = TRY(checkedTensorBytes(m_name, tensor.name, tensor.shape, *format));
    tensor.offset = TRY(m_reader.number<std::uint64_t>(entry));
    m_file.tensors.push_back(std::move(tensor));
    return {};
  }

  Result<std::vector<std::uint64_t>> readShape(const std::string& name, const std::string& entry) {
    const auto count = TRY(m_reader.number<std::uint32_t>(entry));
    if (count < 1 || count > 4)
      return bad("tensor ", inQuotes(name), " has ", count, " dimensions; expected 1 to 4");
    std::vector<std::uint64_t> shape(count);
    // The file has the innermost dimension first.
    for (std::uint64_t& dimension : shape) dimension = TRY(m_reader.number<std::uint64_t>(entry));
    std::ranges::reverse(shape);
    return shape;
  }

  std::unexpected<Error> unsupported(const std::string& name, std::uint32_t type) const {
    std::string known;
    for (const NumberFormat& format : numberFormats())
      if (format.inGguf()) known += concat(known.empty() ? "" : ", ", format.name);
    return bad("tensor ", inQuotes(name), " is in ", ggmlTypeName(type),
               ", which is not supported; supported are ", known);
  }

  /// Checks where the tensors lie and turns offsets in the data part into offsets in the file.
  Result<void> placeTensors() {
    const auto alignment = TRY(gguf::alignmentOf(m_file.metadata));
    const std::uint64_t size = m_file.source.bytes.size();
    const std::uint64_t start = gguf::alignUp(m_reader.offset(), alignment);
    for (TensorInfo& tensor : m_file.tensors) {
      if (tensor.offset % alignment != 0)
        return bad("tensor ", inQuotes(tensor.name), " begins ", tensor.offset,
                   " bytes into the data; expected a multiple of the alignment, ", alignment);
      if (start > size || tensor.offset > size - start || tensor.bytes > size - start - tensor.offset)
        return bad("tensor ", inQuotes(tensor.name), " (", numberFormat(tensor.format).name, ", ",
                   shapeText(tensor.shape), ") needs ", tensor.bytes, " bytes, ", tensor.offset,
                   " bytes into the data that begins at offset ", start, ", but the file ends at ", size,
                   "; it may be an incomplete download");
      tensor.offset += start;
    }
    return {};
  }

  Result<void> refuseOverlaps() {
    std::vector<const TensorInfo*> order;
    for (const TensorInfo& tensor : m_file.tensors) order.push_back(&tensor);
    std::ranges::sort(order, {}, &TensorInfo::offset);
    for (std::size_t i = 1; i < order.size(); ++i)
      if (order[i - 1]->offset + order[i - 1]->bytes > order[i]->offset)
        return bad("tensors ", inQuotes(order[i - 1]->name), " and ", inQuotes(order[i]->name),
                   " overlap at offset ", order[i]->offset);
    return {};
  }

  std::string m_name;
  ByteReader m_reader;
  ModelFile m_file;
  std::uint64_t m_tensorCount = 0, m_entryCount = 0, m_items = 0;
  std::unordered_set<std::string> m_names;
};

}  // namespace

bool looksLikeGguf(std::span<const std::byte> bytes) {
  return bytes.size() >= gguf::kMagic.size() &&
         std::memcmp(bytes.data(), gguf::kMagic.data(), gguf::kMagic.size()) == 0;
}

Result<ModelFile> readGguf(SharedBytes source) { return Reader(std::move(source)).read(); }

}  // namespace cutaway
