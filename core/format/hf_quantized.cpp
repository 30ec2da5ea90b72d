#include "core/format/hf_quantized.h"

#include <algorithm>
#include <cstring>

#include "core/base/utf8.h"
#include "core/format/tensor_checks.h"

namespace cutaway::hf {
namespace {

constexpr std::uint64_t kLargestSide = 1u << 24;
constexpr std::uint32_t kRowsAtOnce = 16;  ///< words of one column of them lie side by side

Result<std::uint32_t> readGroupSize(const JsonObject& config) {
  const JsonObject::Json* value = config.find("group_size");
  if (value == nullptr || *value == -1) return 0u;
  const std::uint64_t size = TRY(config.uint("group_size"));
  if (size == 0 || size > kLargestSide) return config.wrong("group_size", "is ", size, ", expected -1 or a number of columns");
  return static_cast<std::uint32_t>(size);
}

Result<QuantizationConfig> readGptq(const JsonObject& config) {
  const std::uint64_t bits = TRY(config.uint("bits"));
  const std::uint32_t groupSize = TRY(readGroupSize(config));
  QuantizationConfig result{PackedLayout::gptq, static_cast<std::uint32_t>(std::min<std::uint64_t>(bits, 64)), groupSize, 1, {}};
  const std::string format = TRY(config.stringOr("checkpoint_format", "gptq"));
  if (format != "gptq" && format != "gptq_v2")
    return config.wrong("checkpoint_format", "is ", inQuotes(format), "; gptq and gptq_v2 can be read");
  result.zeroOffset = format == "gptq" ? 1 : 0;
  result.title = concat("GPTQ, ", result.bits, " bits");
  return result;
}

Result<QuantizationConfig> readAwq(const JsonObject& config) {
  const std::uint64_t bits = config.has("bits") ? TRY(config.uint("bits")) : TRY(config.uintOr("w_bit", 4));
  const std::uint32_t groupSize = TRY(readGroupSize(config));
  QuantizationConfig result{PackedLayout::awq, static_cast<std::uint32_t>(std::min<std::uint64_t>(bits, 64)), groupSize, 0, {}};
  std::string version = TRY(config.stringOr("version", "gemm"));
  std::ranges::transform(version, version.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (version != "gemm") return config.wrong("version", "is ", inQuotes(version), "; the GEMM layout alone can be read");
  if (!TRY(config.booleanOr("zero_point", true))) return config.wrong("zero_point", "is false; only AWQ with zero points can be read");
  result.title = concat("AWQ, ", result.bits, " bits");
  return result;
}

struct Reader {
  const QuantizationConfig& config;
  const PackedModule& module;

  template <class... Parts>
  std::unexpected<Error> wrong(const Parts&... parts) const {
    return fail(ErrorKind::badInput, module.parts.begin()->second.file.name, ": the module ", inQuotes(module.name), " ", parts...);
  }

  Result<const PackedModule::Part*> part(std::string_view name, ArrayType type) const {
    const auto found = module.parts.find(name);
    if (found == module.parts.end()) return wrong("has no ", name);
    const ArrayInfo& array = found->second.array;
    if (array.type != type)
      return wrong("has ", name, " in ", arrayTypeName(array.type), ", expected ", arrayTypeName(type));
    return &found->second;
  }

  Result<void> expectShape(const PackedModule::Part& part, const std::vector<std::uint64_t>& shape) const {
    if (part.array.shape == shape) return {};
    return wrong("has ", inQuotes(part.array.name), " of ", shapeText(part.array.shape), ", expected ", shapeText(shape));
  }

  /// Rows and columns, from the shape of the packed weights.
  Result<void> readSizes(PackedMatrix& matrix, const std::vector<std::uint64_t>& shape) const {
    if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0 || shape[0] > kLargestSide || shape[1] > kLargestSide)
      return wrong("has packed weights of ", shapeText(shape), ", expected a matrix");
    const bool awq = config.layout == PackedLayout::awq;
    if (!awq && config.bits != 0 && shape[0] * 32 % config.bits != 0)
      return wrong("has ", shape[0], " rows of words, which hold no whole number of inputs of ", config.bits, " bits");
    const std::uint64_t columns = awq ? shape[0] : shape[0] * 32 / std::max(config.bits, 1u);
    const std::uint64_t rows = awq ? shape[1] * 8 : shape[1];
    if (const std::string problem = packingProblem(config.layout, config.bits, rows, columns); !problem.empty()) return wrong("cannot be read: ", problem);
    matrix.rows = static_cast<std::uint32_t>(rows);
    matrix.columns = static_cast<std::uint32_t>(columns);
    const std::uint32_t size = config.groupSize == 0 ? matrix.columns : config.groupSize;
    matrix.groups = (matrix.columns + size - 1) / size;
    matrix.groupOf.resize(matrix.columns);
    for (std::uint32_t column = 0; column < matrix.columns; ++column) matrix.groupOf[column] = column / size;
    return {};
  }

  Result<void> readGroups(PackedMatrix& matrix) const {
    if (!module.parts.contains("g_idx")) return {};
    const PackedModule::Part* part = TRY(this->part("g_idx", ArrayType::i32));
    TRY(expectShape(*part, {matrix.columns}));
    const SharedBytes bytes = part->bytes();
    std::memcpy(matrix.groupOf.data(), bytes.bytes.data(), bytes.bytes.size());
    const auto beyond = std::ranges::find_if(matrix.groupOf, [&](std::uint32_t group) { return group >= matrix.groups; });
    if (beyond == matrix.groupOf.end()) return {};
    return wrong("has g_idx ", static_cast<std::int32_t>(*beyond), " at ", beyond - matrix.groupOf.begin(), ", expected 0 to ", matrix.groups - 1);
  }

  Result<PackedMatrix> read() const {
    PackedMatrix matrix;
    matrix.layout = config.layout;
    matrix.bits = config.bits;
    matrix.zeroOffset = config.zeroOffset;
    const PackedModule::Part* weights = TRY(part("qweight", ArrayType::i32));
    const PackedModule::Part* zeros = TRY(part("qzeros", ArrayType::i32));
    const PackedModule::Part* scales = TRY(part("scales", ArrayType::f16));
    TRY(readSizes(matrix, weights->array.shape));
    TRY(expectShape(*zeros, {matrix.groups, std::uint64_t{matrix.rows} * matrix.bits / 32}));
    TRY(expectShape(*scales, {matrix.groups, matrix.rows}));
    TRY(readGroups(matrix));
    matrix.weights = weights->bytes().bytes;
    matrix.zeros = zeros->bytes().bytes;
    matrix.scales = scales->bytes().bytes;
    return matrix;
  }
};

MadeBytes::Bytes unpacked(const PackedMatrix& matrix, const RowOrder& order, FormatId format) {
  const std::uint64_t rowBytes = numberFormat(format).bytesFor(matrix.columns);
  std::vector<std::uint64_t> targets(matrix.rows);  // of the file's rows
  for (std::uint64_t row = 0; row < matrix.rows; ++row) targets[order.sourceOf(row)] = row;
  MadeBytes::Bytes bytes(matrix.rows * rowBytes);
  std::vector<std::uint8_t> codes(std::size_t{kRowsAtOnce} * matrix.columns);
  std::vector<GroupScale> ofGroup(matrix.groups), scales(matrix.columns);
  for (std::uint32_t first = 0; first < matrix.rows; first += kRowsAtOnce) {
    const std::uint32_t count = std::min(kRowsAtOnce, matrix.rows - first);
    matrix.unpack(first, count, codes.data());
    for (std::uint32_t r = 0; r < count; ++r) {
      for (std::uint32_t group = 0; group < matrix.groups; ++group) ofGroup[group] = matrix.scale(group, first + r);
      for (std::uint32_t column = 0; column < matrix.columns; ++column) scales[column] = ofGroup[matrix.groupOf[column]];
      writeBlocks(format, matrix.bits, std::span(codes).subspan(std::size_t{r} * matrix.columns, matrix.columns), scales,
                  std::span(bytes).subspan(targets[first + r] * rowBytes, rowBytes));
    }
  }
  return bytes;
}

}  // namespace

Result<std::optional<QuantizationConfig>> readQuantization(const std::string& directory, const JsonObject& config) {
  auto object = TRY(config.object("quantization_config"));
  bool old = false;
  if (!object) {
    object = TRY(JsonObject::openIfThere(directory + "/quantize_config.json"));
    old = object.has_value();
  }
  if (!object) return std::optional<QuantizationConfig>();
  const std::string method = TRY(object->stringOr("quant_method", old ? "gptq" : ""));
  if (method == "gptq") return std::optional<QuantizationConfig>(TRY(readGptq(*object)));
  if (method == "awq") return std::optional<QuantizationConfig>(TRY(readAwq(*object)));
  return object->wrong("quant_method", "is ", inQuotes(method), "; gptq and awq can be read");
}

Result<TensorInfo> packedTensor(const QuantizationConfig& config, const PackedModule& module, std::string name,
                                std::uint64_t heads, std::string& note) {
  const Reader reader{config, module};
  PackedMatrix matrix = TRY(reader.read());
  if (heads != 0 && matrix.rows % (2 * heads) != 0) return reader.wrong("has ", matrix.rows, " rows, expected an even number for each of ", heads, " heads");
  const bool symmetric = matrix.isSymmetric();
  const auto exact = exactFormat(matrix.bits, symmetric, matrix.columns, matrix.groupOf);
  const FormatId format = exact.value_or(FormatId::f16);
  if (!exact) note = symmetric || matrix.bits < 8 ? "neighbouring columns do not share scales (desc_act)" : "8 bits with zero points";
  const RowOrder order{matrix.rows, heads};
  TensorInfo info{std::move(name), {matrix.rows, matrix.columns}, format, 0, 0, 0, nullptr};
  info.bytes = TRY(checkedTensorBytes(module.parts.begin()->second.file.name, module.name, info.shape, numberFormat(format)));
  std::vector<SharedBytes> owners;
  for (const auto& [key, part] : module.parts) owners.push_back(part.file);
  info.made = std::make_shared<const MadeBytes>([matrix = std::move(matrix), order, format, owners = std::move(owners)] {
    return unpacked(matrix, order, format);
  });
  return info;
}

}  // namespace cutaway::hf
