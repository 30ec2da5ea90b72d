// Brings a model's weights to the device: matrices repacked, vectors as F32, in chunks that can be stopped
// between.
#include <algorithm>
#include <cstring>

#include "core/base/thread_pool.h"
#include "gpu/backend_impl.h"
#include "gpu/staging.h"

namespace cutaway::gpu {
namespace {

constexpr std::uint64_t kWeightBlock = 512ull << 20;
constexpr std::uint64_t kChunkBytes = 8ull << 20;

struct Job {
  const Weight* weight = nullptr;
  const TensorInfo* info = nullptr;
  std::shared_ptr<GpuTensor> tensor;
  bool isMatrix() const { return weight->isMatrix || weight->isTable; }
};

Result<std::vector<Job>> listJobs(const ModelFile& file, const Graph& graph) {
  std::vector<Job> jobs;
  for (const Weight& weight : graph.weights) {
    const TensorInfo* info = file.find(weight.name);
    if (info == nullptr || info->shape != weight.shape)
      return fail(ErrorKind::badInput, file.source.name, ": the tensor ", weight.name,
                  " is missing or has another shape than the graph's");
    auto tensor = std::make_shared<GpuTensor>();
    tensor->info = *info;
    jobs.push_back({&weight, info, std::move(tensor)});
  }
  return jobs;
}

/// The order of memory: matrices that read the same value lie one behind the other, then their biases, so
/// that they can be read as one. Everything else follows in the graph's order.
std::vector<std::size_t> memoryOrder(const Graph& graph) {
  std::vector<std::size_t> order;
  std::vector<bool> taken(graph.weights.size());
  const auto take = [&](WeightId id) {
    if (id != kNone && !taken[id]) order.push_back(id);
    if (id != kNone) taken[id] = true;
  };
  for (const Node& node : graph.nodes) {
    if (node.op == Op::linear)
      for (const std::size_t operand : {0, 1})
        for (const Node& other : graph.nodes)
          if (other.op == Op::linear && other.layer == node.layer && other.inputs == node.inputs)
            take(other.weights[operand]);
    for (const WeightId id : node.weights) take(id);
  }
  for (std::size_t i = 0; i < graph.weights.size(); ++i) take(static_cast<WeightId>(i));
  return order;
}

Result<void> allocateMatrix(GpuTensor& tensor, BlockAllocator& allocator, std::uint64_t bindLimit) {
  const TensorInfo& info = tensor.info;
  MatrixView& matrix = tensor.matrix;
  matrix.format = info.format;
  matrix.rows = static_cast<std::uint32_t>(info.rows());
  matrix.columns = static_cast<std::uint32_t>(info.columns());
  matrix.rowPieces = rowPieces(info.format, info.columns());
  const std::uint32_t most = sectionRows(matrix.rowPieces, bindLimit);
  for (std::uint32_t row = 0; row < matrix.rows; row += most) {
    const std::uint32_t rows = std::min(most, matrix.rows - row);
    matrix.sections.push_back(
        {TRY(allocator.allocate(matrixBytes(info.format, rows, matrix.columns), info.name)), row, rows});
  }
  return {};
}

Result<void> writeVector(const GpuTensor& tensor, std::span<const std::byte> source, Staging& staging) {
  return staging.write(tensor.vector, [&](std::byte* out) {
    std::vector<float> padded(tensor.vector.size / sizeof(float));
    const NumberFormat& format = numberFormat(tensor.info.format);
    format.decode(source, {padded.data(), tensor.info.elements()});
    std::memcpy(out, padded.data(), tensor.vector.size);
  });
}

/// Whole row blocks at a time, each chunk repacked by all threads.
Result<void> writeMatrix(const GpuTensor& tensor, std::span<const std::byte> source, Staging& staging,
                         ThreadPool& pool, const std::stop_token& stop) {
  const MatrixView& matrix = tensor.matrix;
  const std::uint64_t rowBytes = numberFormat(matrix.format).bytesFor(matrix.columns);
  const std::uint64_t blockBytes = matrixBytes(matrix.format, kBlockRows, matrix.columns);
  const std::uint64_t chunkBlocks = std::max<std::uint64_t>(kChunkBytes / blockBytes, 1);
  for (const MatrixSection& section : matrix.sections) {
    const std::uint64_t blocks = (section.rows + kBlockRows - 1) / kBlockRows;
    for (std::uint64_t first = 0; first < blocks; first += chunkBlocks) {
      if (stop.stop_requested()) return fail(ErrorKind::cancelled, "loading was stopped");
      const std::uint64_t count = std::min(chunkBlocks, blocks - first);
      TRY(staging.write(section.slice.part(first * blockBytes, count * blockBytes), [&](std::byte* out) {
        pool.parallelFor(count, 1, [&](std::size_t begin, std::size_t end) {
          // Mapped device memory may be uncached: it is written once, in order, and never read.
          std::vector<std::byte> block(blockBytes);
          for (std::size_t b = begin; b < end; ++b) {
            const std::uint64_t row = (first + b) * kBlockRows;
            const std::uint64_t rows = std::min<std::uint64_t>(kBlockRows, section.rows - row);
            repackRows(matrix.format, source.data() + (section.firstRow + row) * rowBytes, rows,
                       matrix.columns, block.data());
            std::memcpy(out + b * blockBytes, block.data(), blockBytes);
          }
        });
      }));
    }
  }
  return {};
}

}  // namespace

Result<WeightTable> VulkanBackend::upload(const ModelFile& file, const Graph& graph,
                                          const LoadProgress& progress, std::stop_token stop) {
  TRY(m_device->alive());
  auto jobs = TRY(listJobs(file, graph));
  std::uint64_t deviceTotal = 0, fileTotal = 0, done = 0;
  for (const Job& job : jobs) {
    deviceTotal += deviceBytes(*job.weight, *job.info);
    fileTotal += job.info->bytes;
  }
  auto account = std::make_shared<UploadAccount>();
  account->ledger = m_ledger;
  account->reservation = TRY(m_ledger->reserve(MemoryClass::weights, deviceTotal, "the model's weights"));

  const DeviceLimits& limits = m_device->physical().limits();
  const std::uint64_t bindLimit = std::min(limits.storageRange, kWeightBlock);
  BlockAllocator allocator(m_device, MemoryUse::device, kWeightBlock);
  allocator.expect(deviceTotal + jobs.size() * limits.bufferAlignment);
  Staging staging = TRY(Staging::create(m_device, m_timeline, m_stageWeights));
  ThreadPool pool;
  WeightTable table(jobs.size());
  for (const std::size_t index : memoryOrder(graph)) {
    Job& job = jobs[index];
    job.tensor->account = account;
    if (job.isMatrix()) {
      TRY(allocateMatrix(*job.tensor, allocator, bindLimit));
      TRY(writeMatrix(*job.tensor, file.data(*job.info), staging, pool, stop));
    } else {
      job.tensor->vector = TRY(allocator.allocate(vectorBytes(job.info->elements()), job.info->name));
      TRY(writeVector(*job.tensor, file.data(*job.info), staging));
    }
    forgetPages(file.source, file.data(*job.info));  // the device has them now
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "loading was stopped");
    table[index] = job.tensor;
    if (progress) progress(done += job.info->bytes, fileTotal);
  }
  TRY(staging.finish());
  return table;
}

}  // namespace cutaway::gpu
