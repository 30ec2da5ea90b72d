// The directory as a whole: its files, its tensors under GGUF's names.
#include <algorithm>
#include <filesystem>
#include <set>

#include "core/base/utf8.h"
#include "core/format/hf_quantized.h"
#include "core/format/hugging_face.h"
#include "core/format/safetensors.h"
#include "core/format/tensor_checks.h"

namespace cutaway {
namespace {

constexpr const char* kWhole = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

std::optional<FormatId> formatOf(ArrayType type) {
  const NumberFormat* format = findFormatByName(arrayTypeName(type));
  return format == nullptr ? std::nullopt : std::optional(format->id);
}

/// A name that stays inside its directory.
bool isPlainName(std::string_view name) { return !name.empty() && !name.contains('/') && !name.contains('\0') && name != ".."; }

/// The files that hold tensors, in order of their names.
Result<std::vector<std::string>> weightFiles(const std::string& directory) {
  const auto index = TRY(JsonObject::openIfThere(directory + "/" + kIndex));
  if (!index) {
    std::error_code ignored;
    if (std::filesystem::exists(directory + "/" + kWhole, ignored)) return std::vector<std::string>{kWhole};
    return fail(ErrorKind::badInput, directory, ": has neither ", kWhole, " nor ", kIndex,
                "; weights in other files (.bin, .pth) cannot be read, save them as safetensors");
  }
  const auto map = TRY(index->object("weight_map"));
  if (!map) return index->wrong("weight_map", "is missing");
  std::set<std::string> names;
  for (const auto& [tensor, file] : map->json().items()) {
    if (!file.is_string() || !isPlainName(file.get_ref<const std::string&>()))
      return map->wrong(tensor, "is not the name of a file in the directory");
    names.insert(file.get<std::string>());
  }
  if (names.empty()) return index->wrong("weight_map", "names no file");
  return std::vector<std::string>(names.begin(), names.end());
}

/// Copies rows in another order; holds the bytes that it reads.
std::shared_ptr<const MadeBytes> reordered(SharedBytes from, hf::RowOrder order, std::uint64_t rowBytes) {
  return std::make_shared<const MadeBytes>([from = std::move(from), order, rowBytes] {
    MadeBytes::Bytes bytes(order.rows * rowBytes);
    for (std::uint64_t row = 0; row < order.rows; ++row)
      std::ranges::copy(from.bytes.subspan(order.sourceOf(row) * rowBytes, rowBytes), bytes.begin() + static_cast<std::ptrdiff_t>(row * rowBytes));
    forgetPages(from, from.bytes);
    return bytes;
  });
}

class DirectoryReader {
 public:
  explicit DirectoryReader(std::string directory) : m_directory(std::move(directory)) {}

  Result<ModelFile> read() {
    const JsonObject config = TRY(JsonObject::open(m_directory + "/config.json"));
    m_quantization = TRY(hf::readQuantization(m_directory, config));
    m_file.metadata = Metadata(m_directory);
    m_model = TRY(hf::readConfig(config, m_file.metadata));
    m_file.metadata.set("general.name", {MetaType::string, std::filesystem::path(m_directory).filename().string()});
    TRY(hf::readTokenizer(m_directory, config, m_file.metadata));
    TRY(addTemplateFile());
    TRY(addTensors());
    TRY(checkOutput(config));
    m_file.container = m_quantization ? concat("Hugging Face directory, ", m_quantization->title) : "Hugging Face directory";
    m_file.source.name = m_directory;
    return std::move(m_file);
  }

 private:
  /// Newer directories keep the chat template in a file of its own.
  Result<void> addTemplateFile() {
    const std::string path = m_directory + "/chat_template.jinja";
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return {};
    const SharedBytes text = TRY(mapFile(path));
    m_file.metadata.set("tokenizer.chat_template", {MetaType::string, std::string(reinterpret_cast<const char*>(text.bytes.data()), text.bytes.size())});
    return {};
  }

  Result<void> addTensors() {
    std::uint32_t part = 0;
    for (const std::string& name : TRY(weightFiles(m_directory))) {
      const ArrayFile arrays = TRY(readSafetensors(TRY(mapFile(m_directory + "/" + name))));
      for (const ArrayInfo& array : arrays.arrays) TRY(addTensor(arrays, array, part));
      if (part == 0)
        m_file.source = arrays.source;
      else
        m_file.more.push_back(arrays.source);
      ++part;
    }
    TRY(addPackedModules());
    addRopeFactors();
    return {};
  }

  Result<void> addPackedModules() {
    std::map<std::string, std::uint64_t> decoded;  // notes, with how many tensors they are about
    for (const auto& [name, module] : m_packed) {
      const std::string gguf = hf::ggufModule(name);
      const std::uint64_t heads = headsOf(gguf);
      std::string note;
      TensorInfo info = TRY(hf::packedTensor(*m_quantization, module, gguf + ".weight", heads, note));
      if (!m_names.insert(info.name).second)
        return fail(ErrorKind::badInput, m_directory, ": the module ", inQuotes(name), " has packed weights beside plain ones");
      if (!note.empty()) ++decoded[note];
      m_file.tensors.push_back(std::move(info));
    }
    for (const auto& [note, count] : decoded)
      m_file.notes.push_back(concat(count, " of ", m_packed.size(), " quantized matrices are decoded to F16: ", note));
    return {};
  }

  /// Whose rows change places; 0: none do.
  std::uint64_t headsOf(std::string_view module) const {
    if (!m_model.family.pairsInterleaved) return 0;
    return module.ends_with(".attn_q") ? m_model.queryHeads : module.ends_with(".attn_k") ? m_model.keyValueHeads : 0;
  }

  /// Without this the output would silently be the embedding.
  Result<void> checkOutput(const JsonObject& config) const {
    if (m_model.tiedOutput || m_names.contains("output.weight") || !config.has("tie_word_embeddings")) return {};
    return fail(ErrorKind::badInput, m_directory, ": the tensor \"lm_head.weight\" is missing, but tie_word_embeddings is false");
  }

  Result<void> addTensor(const ArrayFile& file, const ArrayInfo& array, std::uint32_t part) {
    const std::string& path = file.source.name;
    if (array.name.ends_with(".rotary_emb.inv_freq")) return {};  // old checkpoints' copy of what config.json says
    if (m_model.tiedOutput && array.name == "lm_head.weight") return {};
    const std::size_t dot = array.name.rfind('.');
    const std::string kind = dot == std::string::npos ? "" : array.name.substr(dot);
    const std::string module = dot == std::string::npos ? "" : hf::ggufModule(std::string_view(array.name).substr(0, dot));
    if (m_quantization && !module.empty() && hf::isPackedPart(std::string_view(array.name).substr(dot + 1))) {
      hf::PackedModule& packed = m_packed[array.name.substr(0, dot)];
      packed.name = array.name.substr(0, dot);
      packed.parts[array.name.substr(dot + 1)] = {file.source, array};
      return {};
    }
    if (isEmptyBias(file, array)) return {};
    if (module.empty() || (kind != ".weight" && kind != ".bias"))
      return fail(ErrorKind::badInput, path, ": the tensor ", inQuotes(array.name), " has no place in the model family ", m_model.family.modelType);
    const auto format = formatOf(array.type);
    if (!format)
      return fail(ErrorKind::badInput, path, ": the tensor ", inQuotes(array.name), " is in ", arrayTypeName(array.type), ", expected F32, F16 or BF16");
    TensorInfo info{module + kind, array.shape, *format, array.offset, 0, part, nullptr};
    info.bytes = TRY(checkedTensorBytes(path, array.name, info.shape, numberFormat(*format)));
    if (!m_names.insert(info.name).second)
      return fail(ErrorKind::badInput, path, ": the tensor ", inQuotes(array.name), " is in two files");
    if (m_model.family.pairsInterleaved) TRY(reorder(path, file, array, module, info));
    m_file.tensors.push_back(std::move(info));
    return {};
  }

  /// AutoGPTQ writes a bias of zeros beside every quantized matrix, also where the model has none.
  bool isEmptyBias(const ArrayFile& file, const ArrayInfo& array) const {
    if (!m_quantization || !array.name.ends_with(".bias")) return false;
    const bool ofAttention = array.name.contains(".self_attn.") && !array.name.contains(".o_proj.");
    if (ofAttention && m_model.attentionBias) return false;
    return std::ranges::all_of(file.data(array), [](std::byte byte) { return byte == std::byte{0}; });
  }

  Result<void> reorder(const std::string& path, const ArrayFile& file, const ArrayInfo& array, std::string_view module, TensorInfo& info) {
    const std::uint64_t heads = headsOf(module);
    if (heads == 0) return {};
    const hf::RowOrder order{info.shape.front(), heads};
    if (order.rows % (2 * order.heads) != 0)
      return fail(ErrorKind::badInput, path, ": the tensor ", inQuotes(array.name), " has ", order.rows, " rows, expected an even number for each of ",
                  order.heads, " heads");
    SharedBytes bytes{path, file.data(array), file.source.owner, file.source.isMapping};
    info.made = reordered(std::move(bytes), order, info.bytes / order.rows);
    return {};
  }

  void addRopeFactors() {
    if (m_model.ropeFactors.empty()) return;
    const auto bytes = std::as_bytes(std::span(m_model.ropeFactors));
    TensorInfo info{"rope_freqs.weight", {m_model.ropeFactors.size()}, FormatId::f32, 0, bytes.size(), 0, nullptr};
    info.made = std::make_shared<const MadeBytes>([factors = m_model.ropeFactors] {
      const auto raw = std::as_bytes(std::span(factors));
      return MadeBytes::Bytes(raw.begin(), raw.end());
    });
    m_file.tensors.push_back(std::move(info));
  }

  std::string m_directory;
  ModelFile m_file;
  hf::ModelConfig m_model;
  std::optional<hf::QuantizationConfig> m_quantization;
  std::map<std::string, hf::PackedModule> m_packed;
  std::set<std::string> m_names;
};

}  // namespace

Result<ModelFile> openHuggingFace(const std::string& directory) {
  std::string trimmed = directory;
  while (trimmed.size() > 1 && trimmed.ends_with('/')) trimmed.pop_back();
  return DirectoryReader(std::move(trimmed)).read();
}

}  // namespace cutaway
