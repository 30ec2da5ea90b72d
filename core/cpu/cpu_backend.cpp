#include "core/cpu/cpu_backend.h"

#include <atomic>
#include <fstream>

#include "core/cpu/bandwidth.h"
#include "core/cpu/cpu_plan.h"

namespace cutaway {
namespace {

std::string processorName() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name"))
      if (const std::size_t start = line.find(": "); start != std::string::npos)
        return line.substr(start + 2);
  return "processor";
}

std::uint64_t hostMemory() {
  std::ifstream in("/proc/meminfo");
  std::string key;
  std::uint64_t kibibytes = 0;
  while (in >> key >> kibibytes && key != "MemTotal:") in.ignore(256, '\n');
  return kibibytes * 1024;
}

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(unsigned threads)
      : m_device(cpuDevice()),
        m_ledger(m_device.name, [this] { return available(); }),
        m_pool(threads == 0 ? std::thread::hardware_concurrency() : threads) {}

  const DeviceInfo& device() const override { return m_device; }
  Ledger& ledger() override { return m_ledger; }

  std::uint64_t deviceBytes(const Weight&, const TensorInfo& tensor) const override { return tensor.bytes; }
  std::uint64_t scratchBytes(const Graph& graph, const PlanOptions& options) const override {
    return BufferPlan(graph, options.maxTokens).bytes();
  }

  Result<double> readBandwidth() override { return measureReadBandwidth(m_pool, m_ledger); }

  Result<WeightTable> upload(const ModelFile& file, const Graph& graph, const LoadProgress& progress,
                             std::stop_token stop) override;
  Result<std::shared_ptr<CacheStorage>> createCache(const CacheShape& shape) override {
    return std::shared_ptr<CacheStorage>(TRY(CpuCache::create(shape, m_ledger)));
  }
  Result<std::unique_ptr<Plan>> compile(const Graph& graph, const WeightTable& weights,
                                        std::shared_ptr<CacheStorage> cache,
                                        const PlanOptions& options) override;

 private:
  /// Mapped weights are counted by the ledger, but the system still calls their memory available.
  std::uint64_t available() const {
    const std::uint64_t free = freeHostMemory(), mapped = m_mappedBytes->load();
    return free > mapped ? free - mapped : 0;
  }

  DeviceInfo m_device;
  std::shared_ptr<std::atomic<std::uint64_t>> m_mappedBytes = std::make_shared<std::atomic<std::uint64_t>>(0);
  Ledger m_ledger;
  ThreadPool m_pool;
};

/// The tensors of one upload share an account, which is closed with the last of them.
struct MappedWeights {
  MappedWeights(Reservation held, std::shared_ptr<std::atomic<std::uint64_t>> counter)
      : reservation(std::move(held)), mappedBytes(std::move(counter)) {
    *mappedBytes += reservation.bytes();
  }
  MappedWeights(const MappedWeights&) = delete;
  MappedWeights& operator=(const MappedWeights&) = delete;
  ~MappedWeights() { *mappedBytes -= reservation.bytes(); }

  Reservation reservation;
  std::shared_ptr<std::atomic<std::uint64_t>> mappedBytes;
};

struct OwnedTensor {
  CpuTensor tensor;
  std::shared_ptr<const MappedWeights> account;
};

Result<WeightTable> CpuBackend::upload(const ModelFile& file, const Graph& graph,
                                       const LoadProgress& progress, std::stop_token stop) {
  std::uint64_t total = 0;
  std::vector<const TensorInfo*> tensors;
  for (const Weight& weight : graph.weights) {
    const TensorInfo* tensor = file.find(weight.name);
    if (tensor == nullptr || tensor->shape != weight.shape)
      return fail(ErrorKind::badInput, file.source.name, ": the tensor ", weight.name,
                  " is missing or has another shape than the graph's");
    tensors.push_back(tensor);
    total += tensor->bytes;
  }
  auto account = std::make_shared<const MappedWeights>(
      TRY(m_ledger.reserve(MemoryClass::weights, total, "the model's weights")), m_mappedBytes);
  WeightTable table;
  std::uint64_t done = 0;
  for (const TensorInfo* tensor : tensors) {
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "loading was stopped");
    auto owned = std::make_shared<OwnedTensor>();
    owned->tensor.info = *tensor;
    owned->tensor.source = file.data(*tensor);
    owned->account = account;
    table.emplace_back(owned, &owned->tensor);
    if (progress) progress(done += tensor->bytes, total);
  }
  return table;
}

Result<std::unique_ptr<Plan>> CpuBackend::compile(const Graph& graph, const WeightTable& weights,
                                                  std::shared_ptr<CacheStorage> cache,
                                                  const PlanOptions& options) {
  TRY(validate(graph));
  if (options.maxTokens == 0) return fail(ErrorKind::usage, "a plan for steps of 0 tokens");
  auto cpuCache = std::dynamic_pointer_cast<CpuCache>(std::move(cache));
  if (cpuCache == nullptr) return fail(ErrorKind::usage, "the key-value cache belongs to another device");
  const CacheShape& shape = cpuCache->shape();
  if (shape.layers < graph.layers || shape.keyValueHeads != graph.keyValueHeads ||
      shape.headWidth != graph.headWidth)
    return fail(ErrorKind::usage, "the key-value cache has ", shape.layers, " layers of ",
                shape.keyValueHeads, " heads of width ", shape.headWidth, ", expected ", graph.layers, ", ",
                graph.keyValueHeads, " and ", graph.headWidth);
  if (weights.size() != graph.weights.size())
    return fail(ErrorKind::usage, weights.size(), " weights for a graph of ", graph.weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto* tensor = dynamic_cast<const CpuTensor*>(weights[i].get());
    if (tensor == nullptr || tensor->info.shape != graph.weights[i].shape)
      return fail(ErrorKind::usage, "the weight ", graph.weights[i].name,
                  " is on another device or has another shape than the graph's");
  }
  return CpuPlan::create(graph, weights, std::move(cpuCache), options, m_pool, m_ledger);
}

}  // namespace

DeviceInfo cpuDevice() {
  return {.name = processorName(),
          .driver = concat("CPU backend, ", std::thread::hardware_concurrency(), " threads"),
          .kind = DeviceKind::cpu,
          .memory = hostMemory()};
}

std::shared_ptr<Backend> createCpuBackend(unsigned threads) { return std::make_shared<CpuBackend>(threads); }

}  // namespace cutaway
