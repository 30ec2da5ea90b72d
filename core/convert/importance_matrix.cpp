#include "core/convert/importance_matrix.h"

#include <cmath>
#include <cstring>

#include "core/base/byte_reader.h"
#include "core/base/utf8.h"
#include "core/format/gguf.h"

namespace cutaway {
namespace {

constexpr const char* kSums = ".in_sum2";
constexpr const char* kCounts = ".counts";

std::vector<float> floatsOf(const ModelFile& file, const TensorInfo& tensor) {
  std::vector<float> values(tensor.elements());
  numberFormat(tensor.format).decode(file.data(tensor).bytes, values);
  return values;
}

Result<void> checkMeans(const ImportanceMatrix& matrix, const std::string& weight) {
  for (const float mean : matrix.entries.at(weight).means)
    if (!(mean >= 0) || !std::isfinite(mean))
      return fail(ErrorKind::badInput, matrix.name, ": the importance of ", inQuotes(weight), " holds ", mean,
                  "; expected numbers from 0");
  return {};
}

/// Sums of squares and a count. Experts, of which this program runs no models, have one each: the first counts.
Result<ImportanceMatrix> readNew(const SharedBytes& source) {
  const ModelFile file = TRY(readGguf(source));
  if (TRY(file.metadata.stringOr("general.type", "")) != "imatrix")
    return fail(ErrorKind::badInput, source.name,
                ": is a GGUF file, but no importance matrix; expected general.type \"imatrix\"");
  ImportanceMatrix matrix{source.name, {}, {}, 0, 0};
  matrix.chunks = static_cast<std::uint32_t>(TRY(file.metadata.uintOr("imatrix.chunk_count", 0)));
  matrix.chunkTokens = static_cast<std::uint32_t>(TRY(file.metadata.uintOr("imatrix.chunk_size", 0)));
  if (file.metadata.has("imatrix.datasets")) matrix.texts = *TRY(file.metadata.strings("imatrix.datasets"));
  for (const TensorInfo& sums : file.tensors) {
    if (!sums.name.ends_with(kSums)) continue;
    const std::string weight = sums.name.substr(0, sums.name.size() - std::strlen(kSums));
    const TensorInfo* counts = file.find(weight + kCounts);
    if (counts == nullptr)
      return fail(ErrorKind::badInput, source.name, ": ", inQuotes(sums.name), " has no counts beside it");
    ImportanceMatrix::Entry& entry = matrix.entries[weight];
    entry.tokens = double{floatsOf(file, *counts).front()};
    entry.means = floatsOf(file, sums);
    entry.means.resize(sums.columns());
    for (float& mean : entry.means) mean = entry.tokens > 0 ? static_cast<float>(mean / entry.tokens) : 1;
    TRY(checkMeans(matrix, weight));
  }
  return matrix;
}

/// A count of entries; each a name, a number of calls and means times that number; then calls in all and the text's name.
Result<ImportanceMatrix> readOld(const SharedBytes& source) {
  ImportanceMatrix matrix{source.name, {}, {}, 0, 0};
  ByteReader reader(matrix.name, source.bytes);
  const auto count = [&](std::string_view what, std::int32_t most) -> Result<std::int32_t> {
    const auto value = TRY(reader.number<std::int32_t>(what));
    if (value < 0 || value > most)
      return fail(ErrorKind::badInput, matrix.name, ": ", what, " at offset ", reader.offset() - 4, " is ", value,
                  "; expected 0 to ", most, ": this is no importance matrix");
    return value;
  };
  constexpr std::int32_t kMostEntries = 1 << 20, kMostName = 1 << 12, kMostColumns = 1 << 28, kMostCalls = INT32_MAX;
  const std::int32_t entries = TRY(count("the number of entries", kMostEntries));
  for (std::int32_t i = 0; i < entries; ++i) {
    const auto length = TRY(count("the length of a name", kMostName));
    const auto raw = TRY(reader.bytes(static_cast<std::uint64_t>(length), "the name of an entry"));
    const std::string weight(reinterpret_cast<const char*>(raw.data()), raw.size());
    const auto calls = TRY(count("the number of calls", kMostCalls));
    const auto columns = TRY(count("the number of columns", kMostColumns));
    const auto values = TRY(reader.bytes(std::uint64_t{sizeof(float)} * static_cast<std::uint64_t>(columns), "an entry"));
    ImportanceMatrix::Entry& entry = matrix.entries[weight];
    entry.means.resize(static_cast<std::size_t>(columns));
    if (columns > 0) std::memcpy(entry.means.data(), values.data(), values.size());
    for (float& mean : entry.means) mean /= static_cast<float>(std::max(calls, 1));
    TRY(checkMeans(matrix, weight));
  }
  if (reader.remaining() < 8) return matrix;  // the oldest files end here
  matrix.chunks = static_cast<std::uint32_t>(TRY(count("the number of chunks", kMostCalls)));
  const auto length = TRY(count("the length of the text's name", kMostName));
  const auto raw = TRY(reader.bytes(static_cast<std::uint64_t>(length), "the text's name"));
  if (!raw.empty()) matrix.texts = {std::string(reinterpret_cast<const char*>(raw.data()), raw.size())};
  return matrix;
}

std::vector<std::byte> bytesOf(std::span<const float> values) {
  const auto bytes = std::as_bytes(values);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

Result<std::span<const float>> ImportanceMatrix::find(const std::string& weight, std::uint64_t columns) const {
  const auto found = entries.find(weight);
  if (found == entries.end()) return std::span<const float>();
  if (found->second.means.size() != columns)
    return fail(ErrorKind::badInput, name, ": has ", found->second.means.size(), " columns for ", inQuotes(weight),
                ", whose rows have ", columns, "; it was made with another model");
  return std::span<const float>(found->second.means);
}

Result<ImportanceMatrix> readImportance(const std::string& path) { return readImportance(TRY(mapFile(path))); }

Result<ImportanceMatrix> readImportance(const SharedBytes& source) {
  ImportanceMatrix matrix = TRY(looksLikeGguf(source.bytes) ? readNew(source) : readOld(source));
  if (matrix.entries.empty()) return fail(ErrorKind::badInput, source.name, ": holds no importance of any weight");
  return matrix;
}

Result<void> writeImportance(const std::string& path, const ImportanceMatrix& matrix) {
  Metadata metadata(path);
  metadata.set("general.type", {MetaType::string, std::string("imatrix")});
  metadata.set("imatrix.datasets", {MetaType::array, MetaArray{MetaType::string, matrix.texts}});
  metadata.set("imatrix.chunk_count", {MetaType::u32, std::uint64_t{matrix.chunks}});
  metadata.set("imatrix.chunk_size", {MetaType::u32, std::uint64_t{matrix.chunkTokens}});
  std::vector<GgufTensor> tensors;
  for (const auto& [weight, entry] : matrix.entries) {
    std::vector<float> sums = entry.means;
    for (float& sum : sums) sum *= static_cast<float>(entry.tokens);
    tensors.push_back({weight + kSums, {1, sums.size()}, FormatId::f32, [sums] { return bytesOf(sums); }});
    const auto tokens = static_cast<float>(entry.tokens);
    tensors.push_back({weight + kCounts, {1, 1}, FormatId::f32, [tokens] { return bytesOf(std::span(&tokens, 1)); }});
  }
  return writeGguf(path, metadata, tensors);
}

}  // namespace cutaway
