#include "gpu/matrix_check.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "gpu/ops/linear.h"
#include "gpu/single_launches.h"

namespace cutaway::gpu {
namespace {

/// None a multiple of a tile, or of a group of columns.
constexpr std::uint32_t kRows = 75, kTokens = 70, kColumns = 200;

std::uint64_t hashOf(std::span<const std::uint32_t> words) {
  std::uint64_t hash = 0xcbf29ce484222325ull;  // FNV-1a
  for (const std::uint32_t word : words) hash = (hash ^ word) * 0x100000001b3ull;
  return hash;
}

/// Numbers that halves hold exactly: between -2 and 2, in steps of 1/64.
float number(std::uint32_t i) {
  return static_cast<float>(static_cast<std::int32_t>(i * 2654435761u >> 24) - 128) / 64.0f;
}

struct Product {
  std::vector<float> weights, x;
  std::vector<double> expected, sizes;  ///< (tokens, rows)
};

Product makeProduct() {
  Product p;
  for (std::uint32_t i = 0; i < kRows * kColumns; ++i) p.weights.push_back(number(i));
  for (std::uint32_t i = 0; i < kTokens * kColumns; ++i) p.x.push_back(number(i + 77777) / 3);
  for (std::uint32_t t = 0; t < kTokens; ++t)
    for (std::uint32_t r = 0; r < kRows; ++r) {
      double sum = 0, size = 0;
      for (std::uint32_t c = 0; c < kColumns; ++c) {
        const double term = static_cast<double>(p.weights[r * kColumns + c]) * p.x[t * kColumns + c];
        sum += term;
        size += std::abs(term);
      }
      p.expected.push_back(sum);
      p.sizes.push_back(size);
    }
  return p;
}

LinearParams productParams() {
  LinearParams params{};
  params.columns = params.xStride = kColumns;
  params.groups = groupsOf(kColumns);
  params.rowPieces = rowPieces(FormatId::bf16, kColumns);
  params.rowBlocks = (kRows + kBlockRows - 1) / kBlockRows;
  params.rows = params.outStride = kRows;
  params.biasEnd = params.secondBiasEnd = UINT32_MAX;
  return params;
}

}  // namespace

MatrixVerdictFile::MatrixVerdictFile(const PhysicalDevice& device, const std::string& folder) {
  if (folder.empty() || !device.matrices()) return;
  const VkPhysicalDeviceProperties& properties = device.properties();
  const MatrixVariant& variant = *device.matrices();
  m_path = concat(folder, "/matrices-", properties.vendorID, "-", properties.deviceID, ".txt");
  m_key = concat(properties.driverVersion, " ",
                 hashOf(kernelCode(Kernel::linearMatrix, FormatId::bf16, LaneClass::portable)), " ",
                 variant.m, "x", variant.n, "x", variant.k, " ", variant.subgroupSize, " ");
}

MatrixVerdict MatrixVerdictFile::read() const {
  std::ifstream in(m_path);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  if (m_path.empty() || !text.starts_with(m_key)) return MatrixVerdict::unknown;
  const std::string verdict = text.substr(m_key.size());
  return verdict == "right\n"   ? MatrixVerdict::right
         : verdict == "wrong\n" ? MatrixVerdict::wrong
                                : MatrixVerdict::unknown;
}

void MatrixVerdictFile::write(MatrixVerdict verdict) const {
  if (m_path.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(m_path).parent_path(), error);
  std::ofstream(m_path) << m_key << (verdict == MatrixVerdict::right ? "right\n" : "wrong\n");
}

bool canUseMatrices(const PhysicalDevice& device) {
  return device.matrices() && !kernelCode(Kernel::linearMatrix, FormatId::bf16, LaneClass::portable).empty();
}

MatrixVerdict judgeProduct(std::span<const float> found, std::span<const double> expected,
                           std::span<const double> sizes) {
  constexpr double kHalf = 1.0 / 1024;  // twice the error of a rounded half
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (!(std::abs(static_cast<double>(found[i]) - expected[i]) <= kHalf * sizes[i] + 1e-6))
      return MatrixVerdict::wrong;
  return MatrixVerdict::right;
}

Result<MatrixVerdict> checkMatrices(const std::shared_ptr<const Device>& device,
                                    const std::shared_ptr<KernelLibrary>& kernels, Timeline& timeline) {
  const Product product = makeProduct();
  const LinearParams params = productParams();
  const auto upload = [&](std::uint64_t bytes) {
    return allocateSlice(device, MemoryUse::upload, bytes, "a check of cooperative matrices");
  };
  const Slice records = TRY(upload(kRecordWords * 4));
  const std::uint32_t header[kRecordWords] = {kTokens, 0, 0, kTokens};
  std::memcpy(records.mapped(), header, sizeof header);
  const Slice pieces = TRY(upload(matrixBytes(FormatId::bf16, kRows, kColumns)));
  std::vector<std::uint16_t> source;  // the upper halves of floats: exact here
  for (const float weight : product.weights)
    source.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(weight) >> 16));
  repackRows(FormatId::bf16, reinterpret_cast<const std::byte*>(source.data()), kRows, kColumns,
             pieces.mapped());
  const Slice x = TRY(upload(product.x.size() * 4));
  std::memcpy(x.mapped(), product.x.data(), x.size);
  const Slice none = TRY(upload(256));
  const Slice out = TRY(allocateSlice(device, MemoryUse::readback, product.expected.size() * 4,
                                      "a check of cooperative matrices"));

  PlanContext context;
  context.device = device;
  context.kernels = kernels;
  SingleLaunches launches;
  auto commands = TRY(CommandBuffer::create(TRY(CommandPool::create(device))));
  TRY(commands.begin(false));
  const Slice slices[] = {records, pieces, x, out, none, none};
  TRY(launches.record(
      context, {Kernel::linearMatrix, FormatId::bf16, matrixConstants(*device->physical().matrices(), true)},
      slices, std::as_bytes(std::span(&params, 1)),
      {(kTokens + kMatrixTile - 1) / kMatrixTile, (kRows + kMatrixTile - 1) / kMatrixTile, 1}, commands));
  commands.barrierToHost();
  TRY(commands.end());
  const VkCommandBuffer handle = commands.handle();
  TRY(timeline.wait(TRY(timeline.submit({&handle, 1}))));
  return judgeProduct({reinterpret_cast<const float*>(out.mapped()), product.expected.size()},
                      product.expected, product.sizes);
}

std::string describeMatrices(const PhysicalDevice& device, MatrixVerdict verdict) {
  if (!device.matrices()) return {};
  const MatrixVariant& variant = *device.matrices();
  const std::string what = concat("cooperative matrices ", variant.m, "x", variant.n, "x", variant.k);
  if (!canUseMatrices(device)) return concat(what, ", for which this build has no kernels");
  if (device.info().kind == DeviceKind::software) return concat(what, ", not used on a software device");
  if (verdict == MatrixVerdict::wrong) return concat(what, ", not used: they computed a wrong product");
  return verdict == MatrixVerdict::right ? what : concat(what, ", to be checked when the device is opened");
}

}  // namespace cutaway::gpu
