// Brings a model's weights to the device: matrices repacked, vectors as F32, in chunks that can be stopped
// between.
#include <algorithm>
#include <cstring>

#include "core/base/thread_pool.h"
#include "gpu/backend_impl.h"
#include "gpu/device_repack.h"
#include "gpu/plan_variants.h"
#include "gpu/staging.h"

namespace cutaway::gpu {
namespace {

constexpr std::uint64_t kWeightBlock = 512ull << 20;
constexpr std::uint64_t kChunkBytes = 8ull << 20;
constexpr std::uint64_t kAheadBytes = 64ull << 20;  ///< of the file, asked for ahead of the copies

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

/// How matrices are written: whole row blocks at a time, repacked by all threads, or by the device.
struct MatrixWriter {
  Staging& staging;
  ThreadPool& pool;
  DeviceRepacker* repacker;  ///< null: threads repack
  std::stop_token stop;

  Result<void> write(const MatrixView& matrix, std::span<const std::byte> source) {
    const std::uint64_t rowBytes = numberFormat(matrix.format).bytesFor(matrix.columns);
    const std::uint64_t blockBytes = matrixBytes(matrix.format, kBlockRows, matrix.columns);
    const std::uint64_t chunkBlocks =
        std::clamp<std::uint64_t>(kChunkBytes / blockBytes, 1, DeviceRepacker::kMostBlocks);
    for (const MatrixSection& section : matrix.sections) {
      const std::uint64_t blocks = (section.rows + kBlockRows - 1) / kBlockRows;
      for (std::uint64_t first = 0; first < blocks; first += chunkBlocks) {
        if (stop.stop_requested()) return fail(ErrorKind::cancelled, "loading was stopped");
        const std::uint64_t count = std::min(chunkBlocks, blocks - first);
        const std::uint64_t row = first * kBlockRows, rows = std::min(count * kBlockRows, section.rows - row);
        const auto chunk = source.subspan((section.firstRow + row) * rowBytes, rows * rowBytes);
        if (repacker)
          TRY(repacker->write(matrix, section, first, rows, staging,
                              [&](std::byte* out) { copy(chunk, out); }));
        else
          TRY(staging.write(section.slice.part(first * blockBytes, count * blockBytes),
                            [&](std::byte* out) { repack(matrix, chunk, rows, out); }));
      }
    }
    return {};
  }

  void copy(std::span<const std::byte> chunk, std::byte* out) {
    pool.parallelFor(chunk.size(), 256u << 10, [&](std::size_t begin, std::size_t end) {
      std::memcpy(out + begin, chunk.data() + begin, end - begin);
    });
  }

  void repack(const MatrixView& matrix, std::span<const std::byte> chunk, std::uint64_t rows,
              std::byte* out) {
    const std::uint64_t rowBytes = numberFormat(matrix.format).bytesFor(matrix.columns);
    const std::uint64_t blockBytes = matrixBytes(matrix.format, kBlockRows, matrix.columns);
    const std::uint64_t blocks = (rows + kBlockRows - 1) / kBlockRows;
    pool.parallelFor(blocks, 1, [&](std::size_t begin, std::size_t end) {
      // Mapped device memory may be uncached: it is written once, in order, and never read.
      std::vector<std::byte> block(blockBytes);
      for (std::size_t b = begin; b < end; ++b) {
        const std::uint64_t row = b * kBlockRows;
        repackRows(matrix.format, chunk.data() + row * rowBytes,
                   std::min<std::uint64_t>(kBlockRows, rows - row), matrix.columns, block.data());
        std::memcpy(out + b * blockBytes, block.data(), blockBytes);
      }
    });
  }
};

/// Asks the system for the file's next bytes, so that they are there when their turn comes.
class ReadAhead {
 public:
  ReadAhead(const ModelFile& file, const std::vector<Job>& jobs, const std::vector<std::size_t>& order)
      : m_file(file), m_jobs(jobs), m_order(order) {}
  void advance(std::uint64_t done) {
    for (; m_at < m_order.size() && m_asked < done + kAheadBytes; ++m_at) {
      const TensorInfo& info = *m_jobs[m_order[m_at]].info;
      if (info.made == nullptr) {
        const SharedBytes bytes = m_file.data(info);
        expectPages(bytes, bytes.bytes);
      }
      m_asked += info.bytes;
    }
  }

 private:
  const ModelFile& m_file;
  const std::vector<Job>& m_jobs;
  const std::vector<std::size_t>& m_order;
  std::size_t m_at = 0;
  std::uint64_t m_asked = 0;
};

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
  WeightTable table(jobs.size());
  const auto order = memoryOrder(graph);
  for (const std::size_t index : order) {
    const Job& job = jobs[index];
    job.tensor->account = account;
    if (job.isMatrix())
      TRY(allocateMatrix(*job.tensor, allocator, bindLimit));
    else
      job.tensor->vector = TRY(allocator.allocate(vectorBytes(job.info->elements()), job.info->name));
    table[index] = job.tensor;
  }

  std::vector<KernelVariant> variants;
  if (compilesAhead()) variants = planVariants(m_device, m_kernels, graph, table).value_or(variants);
  PipelineWarmer warmer(m_kernels, std::move(variants));
  Staging staging = TRY(Staging::create(m_device, m_timeline, m_stageWeights));
  ThreadPool pool;
  DeviceRepacker repacker(m_device, m_kernels);
  MatrixWriter writer{staging, pool, repacksOnDevice() ? &repacker : nullptr, stop};
  ReadAhead ahead(file, jobs, order);
  for (const std::size_t index : order) {
    const Job& job = jobs[index];
    ahead.advance(done);
    const SharedBytes bytes = file.data(*job.info);
    if (job.isMatrix())
      TRY(writer.write(job.tensor->matrix, bytes.bytes));
    else
      TRY(writeVector(*job.tensor, bytes.bytes, staging));
    forgetPages(bytes, bytes.bytes);  // the device has them now
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "loading was stopped");
    if (progress) progress(done += job.info->bytes, fileTotal);
  }
  TRY(staging.finish());
  warmer.finish();
  return table;
}

}  // namespace cutaway::gpu
