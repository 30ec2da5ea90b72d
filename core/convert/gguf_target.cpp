#include <algorithm>
#include <optional>

#include "core/base/utf8.h"
#include "core/convert/conversion.h"
#include "core/convert/grouped_target.h"
#include "core/convert/journal.h"
#include "core/format/gguf.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kQuantizationVersion = 2;  ///< of ggml's block layouts

/// llama.cpp's number of the kind of file (LLAMA_FTYPE).
std::uint64_t fileType(FormatId format) { return format == FormatId::q8_0 ? 7 : format == FormatId::q4_1 ? 3 : 2; }

FormatId plainFormat(const TargetTensor& tensor) {
  if (tensor.isChanged) return FormatId::f32;
  return numberFormat(tensor.source->format).inGguf() ? tensor.source->format : FormatId::f16;
}

class GgufTarget final : public GroupedTarget {
 public:
  GgufTarget(std::string path, FormatId format, Metadata metadata, std::vector<GgufEntry> entries, const ConversionOutlook& outlook)
      : m_path(std::move(path)), m_format(format), m_metadata(std::move(metadata)), m_entries(std::move(entries)), m_outlook(outlook) {}

  ConversionOutlook outlook() const override { return m_outlook; }
  FormatId format() const override { return m_format; }

  std::string dataFile() const override { return unfinishedPath(m_path); }
  AtomicFile& file() override { return m_writer->file(); }
  void keep(bool keeps) override { m_writer->file().keep(keeps); }

  Result<void> open(std::size_t done) override {
    TRY(checkDiskSpace(m_path, m_outlook.bytes, dataFile()));
    m_writer.emplace(TRY(GgufWriter::create(m_path, m_metadata, m_entries, dataFile())));
    keep(done > 0);
    return m_writer->skip(done);
  }

  Result<std::vector<float>> read(std::size_t index) const override {
    const std::vector<std::byte> bytes = TRY(m_writer->read(index));
    const NumberFormat& format = numberFormat(m_entries[index].format);
    std::vector<float> weights(bytes.size() / format.blockBytes * format.blockSize);
    format.decode(bytes, weights);
    return weights;
  }

  Result<void> writePlain(const TargetTensor& tensor, std::span<const float> weights) override {
    const NumberFormat& format = numberFormat(plainFormat(tensor));
    std::vector<std::byte> bytes(format.bytesFor(weights.size()));
    const std::uint64_t columns = tensor.source->columns(), rowBytes = format.bytesFor(columns);
    for (std::uint64_t row = 0; row < tensor.source->rows(); ++row)
      format.encode(weights.subspan(row * columns, columns), {}, std::span(bytes).subspan(row * rowBytes, rowBytes));
    return m_writer->append(bytes);
  }

  Result<void> writeGrouped(const TargetTensor& tensor, const GroupedWeights& weights) override {
    if (!holdsExactly(weights, m_format))
      return fail(ErrorKind::badInput, "tensor ", inQuotes(tensor.source->name), ": ", numberFormat(m_format).name,
                  " does not hold these scales and zero points exactly; write a directory in the GPTQ layout");
    const std::uint64_t rowBytes = numberFormat(m_format).bytesFor(weights.columns);
    std::vector<std::byte> bytes(weights.rows * rowBytes);
    std::vector<GroupScale> scales(weights.columns);
    for (std::uint32_t row = 0; row < weights.rows; ++row) {
      for (std::uint32_t column = 0; column < weights.columns; ++column) scales[column] = weights.scale(row, column);
      writeBlocks(m_format, weights.scheme.bits, std::span(weights.codes).subspan(std::size_t{row} * weights.columns, weights.columns),
                  scales, std::span(bytes).subspan(row * rowBytes, rowBytes));
    }
    return m_writer->append(bytes);
  }

  Result<void> commit() override { return m_writer->commit(); }

 private:
  std::string m_path;
  FormatId m_format;
  Metadata m_metadata;
  std::vector<GgufEntry> m_entries;
  ConversionOutlook m_outlook;
  std::optional<GgufWriter> m_writer;
};

}  // namespace

Result<FormatId> ggufFormatFor(const GroupedScheme& scheme, bool scatteredGroups) {
  if (scatteredGroups)
    return fail(ErrorKind::usage, "columns in order of importance scatter the groups, which no GGUF type holds; take static groups, or "
                                  "write a directory in the GPTQ layout");
  if (scheme.groupSize % 32 != 0)
    return fail(ErrorKind::usage, "groups of ", scheme.groupSize, " columns, which no GGUF type holds; take a multiple of 32, or write a "
                                  "directory in the GPTQ layout");
  if (scheme.symmetric) return scheme.bits == 8 ? FormatId::q8_0 : FormatId::q4_0;
  if (scheme.bits == 8)
    return fail(ErrorKind::usage, "8 bits with zero points, which no GGUF type holds; take symmetric codes, or write a directory in the GPTQ layout");
  return FormatId::q4_1;
}

Result<void> checkCombination(TargetForm form, const GroupedScheme& scheme, bool scatteredGroups) {
  if (form == TargetForm::gguf) {
    TRY(ggufFormatFor(scheme, scatteredGroups));
    return {};
  }
  if (form != TargetForm::awq) return {};
  if (scheme.bits != 4) return fail(ErrorKind::usage, "the AWQ layout holds 4 bits, not ", scheme.bits, "; take 4, or the GPTQ layout");
  if (scatteredGroups)
    return fail(ErrorKind::usage, "columns in order of importance scatter the groups, which the AWQ layout does not hold; take static groups, or "
                                  "the GPTQ layout");
  return {};
}

Result<std::unique_ptr<GroupedTarget>> createGgufTarget(const std::string& path, const ModelFile& source, FormatId format,
                                                        const std::vector<TargetTensor>& tensors) {
  Metadata metadata(path);
  for (const auto& [key, value] : source.metadata.entries())
    if (!key.starts_with("split.") && !key.starts_with("cutaway.")) metadata.set(key, value);
  metadata.set("general.quantization_version", {MetaType::u32, kQuantizationVersion});
  metadata.set("general.file_type", {MetaType::u32, fileType(format)});
  std::vector<GgufEntry> entries;
  for (const TargetTensor& tensor : tensors)
    entries.push_back({tensor.source->name, tensor.source->shape, tensor.isGrouped ? format : plainFormat(tensor)});
  double bits = 0, weights = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    bits += 8.0 * static_cast<double>(numberFormat(entries[i].format).bytesFor(tensors[i].source->elements()));
    weights += static_cast<double>(tensors[i].source->elements());
  }
  const ConversionOutlook outlook{TRY(ggufBytes(path, metadata, entries)), weights > 0 ? bits / weights : 0, 0, {}};
  return std::make_unique<GgufTarget>(path, format, std::move(metadata), std::move(entries), outlook);
}

}  // namespace cutaway
