#include <algorithm>
#include <cstring>
#include <filesystem>

#include "core/base/utf8.h"
#include "core/convert/conversion.h"
#include "core/convert/grouped_target.h"
#include "core/convert/journal.h"
#include "core/format/hf_writer.h"
#include "core/format/hugging_face.h"
#include "core/format/safetensors.h"

namespace cutaway {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Entry = SafetensorsWriter::Entry;

constexpr const char* kWeights = "model.safetensors";
constexpr std::string_view kRopeFactors = "rope_freqs.weight";

ArrayType plainType(const TargetTensor& tensor) {
  if (tensor.isChanged || tensor.source->format == FormatId::f32) return ArrayType::f32;
  return tensor.source->format == FormatId::bf16 ? ArrayType::bf16 : ArrayType::f16;
}

FormatId formatOf(ArrayType type) {
  return type == ArrayType::f32 ? FormatId::f32 : type == ArrayType::bf16 ? FormatId::bf16 : FormatId::f16;
}

/// "blk.0.attn_q.weight" as transformers names the module, and "weight".
std::pair<std::string, std::string> splitName(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return {hf::hfModule(std::string_view(name).substr(0, dot)), name.substr(dot + 1)};
}

/// The arrays of one grouped matrix, in the order in which they are written.
std::vector<Entry> groupedEntries(PackedLayout layout, const GroupedScheme& scheme, const TensorInfo& tensor) {
  const std::uint64_t rows = tensor.rows(), columns = tensor.columns(), groups = scheme.groupsOf(static_cast<std::uint32_t>(columns));
  const std::string module = splitName(tensor.name).first;
  const bool awq = layout == PackedLayout::awq;
  const auto packed = [&](std::uint64_t count) { return count * scheme.bits / 32; };
  std::vector<Entry> entries = {{module + ".qweight", ArrayType::i32, awq ? std::vector{columns, packed(rows)} : std::vector{packed(columns), rows}},
                                {module + ".qzeros", ArrayType::i32, {groups, packed(rows)}},
                                {module + ".scales", ArrayType::f16, {groups, rows}}};
  if (!awq) entries.push_back({module + ".g_idx", ArrayType::i32, {columns}});
  return entries;
}

Json quantizationJson(PackedLayout layout, const GroupedScheme& scheme, const TargetNotes& notes) {
  const std::int64_t groupSize = scheme.groupSize == 0 ? -1 : static_cast<std::int64_t>(scheme.groupSize);
  if (layout == PackedLayout::awq)
    return {{"quant_method", "awq"}, {"bits", scheme.bits}, {"group_size", groupSize}, {"zero_point", true}, {"version", "gemm"}, {"modules_to_not_convert", nullptr}};
  return {{"quant_method", "gptq"}, {"bits", scheme.bits}, {"group_size", groupSize}, {"desc_act", notes.byImportance}, {"static_groups", notes.staticGroups},
          {"sym", scheme.symmetric}, {"damp_percent", notes.damping}, {"true_sequential", false}, {"lm_head", false}, {"checkpoint_format", "gptq"}};
}

Result<void> writeJson(const fs::path& path, const Json& json) {
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  AtomicFile file = TRY(AtomicFile::create(path.string()));
  TRY(file.write(std::as_bytes(std::span(text))));
  return file.commit();
}

class DirectoryTarget final : public GroupedTarget {
 public:
  DirectoryTarget(std::string path, PackedLayout layout, const ModelFile& source, const GroupedScheme& scheme, const TargetNotes& notes)
      : m_path(std::move(path)), m_temporary(unfinishedPath(m_path)), m_layout(layout), m_source(source), m_scheme(scheme), m_notes(notes) {}
  ~DirectoryTarget() override {
    std::error_code ignored;
    m_writer.reset();
    if (m_opened && !m_keeps) fs::remove_all(m_temporary, ignored);
  }

  Result<void> plan(const std::vector<TargetTensor>& tensors) {
    double weights = 0;
    for (const TargetTensor& tensor : tensors) {
      m_firstEntry.push_back(m_entries.size());
      TRY(addEntries(tensor, m_entries));
      weights += static_cast<double>(tensor.source->elements());
    }
    m_firstEntry.push_back(m_entries.size());
    m_tensors = tensors;
    m_outlook.bytes = begin(m_entries.size());
    if (weights > 0) m_outlook.bitsPerWeight = 8.0 * static_cast<double>(m_outlook.bytes) / weights;
    std::error_code ignored;
    if (fs::exists(m_path, ignored)) return fail(ErrorKind::badInput, m_path, ": is there already; choose another name for the directory");
    return {};
  }

  std::string dataFile() const override { return m_temporary + "/" + kWeights + ".unfinished"; }
  AtomicFile& file() override { return m_writer->file(); }
  void keep(bool keeps) override {
    m_keeps = keeps;
    if (m_writer) m_writer->file().keep(keeps);
  }

  Result<void> open(std::size_t done) override {
    TRY(checkDiskSpace(m_temporary, m_outlook.bytes, dataFile()));
    std::error_code problem;
    if (done == 0) TRY(clear());
    fs::create_directory(m_temporary, problem);
    m_opened = true;
    m_keeps = done > 0;
    if (!fs::is_directory(m_temporary, problem)) return fail(ErrorKind::badInput, m_path, ": the directory cannot be made: ", problem.message());
    auto writer = TRY(SafetensorsWriter::create(m_temporary + "/" + kWeights, m_entries, {{"format", "pt"}}, dataFile()));
    m_writer = std::make_unique<SafetensorsWriter>(std::move(writer));
    keep(m_keeps);
    TRY(writeCompanions());
    return m_writer->skip(begin(m_firstEntry[done]));
  }

  ConversionOutlook outlook() const override { return m_outlook; }
  FormatId format() const override {
    return !m_scheme.symmetric ? FormatId::q4_Z : m_scheme.bits == 8 ? FormatId::q8_0 : FormatId::q4_0;
  }

  Result<void> writePlain(const TargetTensor& tensor, std::span<const float> weights) override {
    if (tensor.source->name == kRopeFactors) return {};
    const NumberFormat& format = numberFormat(formatOf(plainType(tensor)));
    const hf::RowOrder order = orderOf(tensor);
    const std::uint64_t width = weights.size() / order.rows, rowBytes = format.bytesFor(width);
    std::vector<std::byte> bytes(format.bytesFor(weights.size()));
    for (std::uint64_t row = 0; row < order.rows; ++row)
      format.encode(weights.subspan(row * width, width), {}, std::span(bytes).subspan(order.sourceOf(row) * rowBytes, rowBytes));
    return m_writer->append(bytes);
  }

  Result<void> writeGrouped(const TargetTensor& tensor, const GroupedWeights& weights) override {
    const hf::RowOrder order = orderOf(tensor);
    PackedArrays arrays;
    if (order.heads == 0) {
      arrays = pack(m_layout, weights);
    } else {
      GroupedWeights moved = weights;
      const std::size_t groups = weights.groups(), columns = weights.columns;
      for (std::size_t row = 0; row < weights.rows; ++row) {
        const std::size_t to = order.sourceOf(row);
        std::copy_n(weights.codes.begin() + static_cast<std::ptrdiff_t>(row * columns), columns, moved.codes.begin() + static_cast<std::ptrdiff_t>(to * columns));
        std::copy_n(weights.scales.begin() + static_cast<std::ptrdiff_t>(row * groups), groups, moved.scales.begin() + static_cast<std::ptrdiff_t>(to * groups));
      }
      arrays = pack(m_layout, moved);
    }
    TRY(m_writer->append(std::as_bytes(std::span(arrays.weights))));
    TRY(m_writer->append(std::as_bytes(std::span(arrays.zeros))));
    TRY(m_writer->append(std::as_bytes(std::span(arrays.scales))));
    if (m_layout == PackedLayout::awq) return {};
    return m_writer->append(std::as_bytes(std::span(arrays.groupOf)));
  }

  Result<std::vector<float>> read(std::size_t index) const override {
    const TargetTensor& tensor = m_tensors[index];
    const hf::RowOrder order = orderOf(tensor);
    std::vector<std::vector<std::byte>> arrays;
    for (std::size_t i = m_firstEntry[index]; i < m_firstEntry[index + 1]; ++i) {
      arrays.emplace_back(m_entries[i].bytes());
      TRY(m_writer->read(begin(i), arrays.back()));
    }
    std::vector<float> found(tensor.source->elements());
    if (tensor.isGrouped)
      readGrouped(tensor, arrays, found);
    else
      numberFormat(formatOf(plainType(tensor))).decode(arrays.front(), found);
    std::vector<float> weights(found.size());
    const std::size_t width = found.size() / order.rows;
    for (std::uint64_t row = 0; row < order.rows; ++row)
      std::copy_n(found.begin() + static_cast<std::ptrdiff_t>(order.sourceOf(row) * width), width, weights.begin() + static_cast<std::ptrdiff_t>(row * width));
    return weights;
  }

  Result<void> commit() override {
    TRY(m_writer->commit());
    std::error_code problem;
    fs::rename(m_temporary, m_path, problem);
    if (problem) return fail(ErrorKind::badInput, m_path, ": the directory cannot get its name: ", problem.message());
    return {};
  }

 private:
  /// Of an entry's bytes among those of the arrays.
  std::uint64_t begin(std::size_t entry) const {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < entry; ++i) bytes += m_entries[i].bytes();
    return bytes;
  }

  /// Removes what a run left that was killed, and nothing else: its first file tells it.
  Result<void> clear() const {
    std::error_code problem;
    if (!fs::exists(dataFile(), problem) && fs::exists(m_temporary, problem) && !fs::is_empty(m_temporary, problem))
      return fail(ErrorKind::badInput, m_temporary, ": is in the way, and not of this program; choose another name for the directory");
    fs::remove_all(m_temporary, problem);
    return {};
  }

  /// In the order of rows of the file.
  void readGrouped(const TargetTensor& tensor, const std::vector<std::vector<std::byte>>& arrays, std::span<float> weights) const {
    const auto rows = static_cast<std::uint32_t>(tensor.source->rows()), columns = static_cast<std::uint32_t>(tensor.source->columns());
    GroupedWeights grouped{m_scheme, rows, columns, std::vector<std::uint8_t>(std::size_t{rows} * columns), {}, std::vector<std::uint32_t>(columns)};
    if (m_layout == PackedLayout::gptq)
      std::memcpy(grouped.groupOf.data(), arrays[3].data(), arrays[3].size());
    else
      for (std::uint32_t column = 0; column < columns; ++column) grouped.groupOf[column] = m_scheme.groupSize == 0 ? 0 : column / m_scheme.groupSize;
    const PackedMatrix matrix{m_layout, rows, columns, m_scheme.bits, grouped.groups(), m_layout == PackedLayout::gptq ? 1u : 0u, arrays[0], arrays[1], arrays[2], grouped.groupOf};
    matrix.unpack(0, rows, grouped.codes.data());
    for (std::uint32_t row = 0; row < rows; ++row)
      for (std::uint32_t group = 0; group < grouped.groups(); ++group) grouped.scales.push_back(matrix.scale(group, row));
    std::ranges::copy(grouped.decode(), weights.begin());
  }

  hf::RowOrder orderOf(const TargetTensor& tensor) const {
    return {tensor.source->shape.front(), hf::interleavedHeads(m_source.metadata, tensor.source->name)};
  }

  Result<void> addEntries(const TargetTensor& tensor, std::vector<Entry>& entries) const {
    const TensorInfo& info = *tensor.source;
    const auto [module, kind] = splitName(info.name);
    if (info.name == kRopeFactors) return {};  // config.json says what they come from
    if (module.empty()) return fail(ErrorKind::badInput, m_path, ": the tensor ", inQuotes(info.name), " has no name in Hugging Face directories");
    if (!tensor.isGrouped) {
      entries.push_back({module + "." + kind, plainType(tensor), info.shape});
      return {};
    }
    if (const std::string problem = packingProblem(m_layout, m_scheme.bits, info.rows(), info.columns()); !problem.empty())
      return fail(ErrorKind::badInput, m_path, ": the tensor ", inQuotes(info.name), ": ", problem);
    const auto packed = groupedEntries(m_layout, m_scheme, info);
    entries.insert(entries.end(), packed.begin(), packed.end());
    return {};
  }

  /// Of a directory its own files, else what the metadata says.
  Result<void> writeCompanions() const {
    const fs::path from = m_source.source.name, to = m_temporary;
    const Json quantization = quantizationJson(m_layout, m_scheme, m_notes);
    std::error_code problem;
    Json config;
    if (fs::is_directory(from, problem)) {
      const auto read = TRY(JsonObject::open((from / "config.json").string()));
      config = Json(read.json());
      for (const char* name : {"tokenizer.json", "tokenizer_config.json", "generation_config.json", "special_tokens_map.json", "chat_template.jinja"})
        if (fs::exists(from / name, problem) && !fs::copy_file(from / name, to / name, fs::copy_options::overwrite_existing, problem))
          return fail(ErrorKind::badInput, (to / name).string(), ": cannot be written: ", problem.message());
    } else {
      config = TRY(hf::makeConfig(m_source));
      const hf::TokenizerFiles files = TRY(hf::makeTokenizer(m_source.metadata));
      TRY(writeJson(to / "tokenizer.json", files.tokenizer));
      TRY(writeJson(to / "tokenizer_config.json", files.settings));
    }
    config["quantization_config"] = quantization;
    TRY(writeJson(to / "config.json", config));
    return writeJson(to / (m_layout == PackedLayout::awq ? "quant_config.json" : "quantize_config.json"), quantization);
  }

  std::string m_path, m_temporary;
  PackedLayout m_layout;
  const ModelFile& m_source;
  GroupedScheme m_scheme;
  TargetNotes m_notes;
  std::vector<TargetTensor> m_tensors;
  std::vector<Entry> m_entries;
  std::vector<std::size_t> m_firstEntry;  ///< per tensor, and the end
  bool m_opened = false, m_keeps = false;
  ConversionOutlook m_outlook;
  std::unique_ptr<SafetensorsWriter> m_writer;
};

}  // namespace

const char* targetFormName(TargetForm form) {
  constexpr const char* kNames[] = {"gguf", "gptq", "awq"};
  return kNames[static_cast<std::size_t>(form)];
}

Result<std::unique_ptr<GroupedTarget>> createDirectoryTarget(PackedLayout layout, const std::string& path, const ModelFile& source, const GroupedScheme& scheme,
                                                             const TargetNotes& notes, const std::vector<TargetTensor>& tensors) {
  auto target = std::make_unique<DirectoryTarget>(path, layout, source, scheme, notes);
  TRY(target->plan(tensors));
  return target;
}

Result<std::unique_ptr<GroupedTarget>> createGroupedTarget(TargetForm form, const std::string& path, const ModelFile& source, const GroupedScheme& scheme,
                                                           const TargetNotes& notes, const std::vector<TargetTensor>& tensors) {
  const bool scattered = notes.byImportance && !notes.staticGroups && scheme.groupSize != 0;
  TRY(checkCombination(form, scheme, scattered));
  if (form != TargetForm::gguf)
    return createDirectoryTarget(form == TargetForm::awq ? PackedLayout::awq : PackedLayout::gptq, path, source, scheme, notes, tensors);
  const FormatId format = TRY(ggufFormatFor(scheme, scattered));
  return createGgufTarget(path, source, format, tensors);
}

}  // namespace cutaway
