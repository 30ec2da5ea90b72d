// A graph bound to weights and a cache on the CPU: walks the nodes, keeps their values in a few shared
// buffers.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "core/cpu/kernels.h"

namespace cutaway {

/// Where each value lives while a step runs. Values whose last reader has run give their buffer to later
/// ones.
struct BufferPlan {
  BufferPlan(const Graph& graph, std::uint32_t maxTokens);

  std::vector<std::uint32_t> bufferOf;  ///< by ValueId; meaningless for values on demand
  std::vector<std::size_t> elements;    ///< by buffer
  std::uint64_t bytes() const;

 private:
  std::uint32_t take(std::vector<std::uint32_t>& idle, std::size_t needed);
};

class CpuPlan final : public Plan {
 public:
  static Result<std::unique_ptr<Plan>> create(const Graph& graph, const WeightTable& weights,
                                              std::shared_ptr<CpuCache> cache, const PlanOptions& options,
                                              ThreadPool& pool, Ledger& ledger);

  std::uint32_t maxTokens() const override { return m_maxTokens; }
  Result<void> submit(const Step& step) override;
  Result<StepResult> wait() override;
  Result<StepTiming> time(const Step& step) override;

 private:
  CpuPlan(const Graph& graph, const WeightTable& weights, std::shared_ptr<CpuCache> cache,
          std::uint32_t maxTokens, ThreadPool& pool, Ledger& ledger);

  struct Running;
  void runNode(Running& running, const NodeRun& run, std::size_t firstRow) const;
  std::uint64_t bytesOf(const Running& running, const NodeRun& run) const;
  NodeRun prepare(const Running& running, const Node& node, std::size_t rows,
                  std::span<const std::uint32_t> picked) const;
  Result<void> startCaptures(Running& running) const;
  void edit(const Running& running, const NodeRun& run, std::size_t firstRow) const;
  void capture(Running& running, const NodeRun& run, std::size_t firstRow) const;
  void runTokens(Running& running) const;
  Result<void> runWanted(Running& running) const;
  Result<void> readLogits(Running& running, std::size_t firstRow, std::size_t rows) const;

  Graph m_graph;
  WeightTable m_weightOwners;
  std::vector<const CpuTensor*> m_weights;
  std::shared_ptr<CpuCache> m_cache;
  std::uint32_t m_maxTokens;
  ThreadPool& m_pool;
  Ledger& m_ledger;
  BufferPlan m_bufferPlan;
  Reservation m_reservation;
  std::vector<std::vector<float>> m_buffers;
  std::deque<StepResult> m_done;
  StepTiming* m_timing = nullptr;  ///< of the step that is being timed
};

}  // namespace cutaway
