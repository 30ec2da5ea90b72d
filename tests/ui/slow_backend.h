// The CPU backend made slow on purpose: every step and every upload takes a known time, so that tests can act in
// the middle of an answer or of a load.
#pragma once

#include <chrono>
#include <memory>
#include <thread>

#include "core/cpu/cpu_backend.h"

namespace cutaway::test {

struct Slowness {
  std::chrono::milliseconds step{0};    ///< added to each one
  std::chrono::milliseconds upload{0};  ///< added in pieces, between which it can be stopped
  std::uint64_t cacheLimit = 0;         ///< bytes a cache may take; 0: any
};

class SlowPlan : public Plan {
 public:
  SlowPlan(std::unique_ptr<Plan> plan, std::chrono::milliseconds delay) : m_plan(std::move(plan)), m_delay(delay) {}
  std::uint32_t maxTokens() const override { return m_plan->maxTokens(); }
  Result<void> submit(const Step& step) override { return m_plan->submit(step); }
  Result<StepResult> wait() override {
    std::this_thread::sleep_for(m_delay);
    return m_plan->wait();
  }
  Result<StepTiming> time(const Step& step) override {
    std::this_thread::sleep_for(m_delay);
    return m_plan->time(step);
  }

 private:
  std::unique_ptr<Plan> m_plan;
  std::chrono::milliseconds m_delay;
};

class SlowBackend : public Backend {
 public:
  explicit SlowBackend(Slowness slowness) : m_backend(createCpuBackend(1)), m_slowness(slowness) {}

  const DeviceInfo& device() const override { return m_backend->device(); }
  Ledger& ledger() override { return m_backend->ledger(); }
  std::uint64_t deviceBytes(const Weight& weight, const TensorInfo& tensor) const override {
    return m_backend->deviceBytes(weight, tensor);
  }
  std::uint64_t scratchBytes(const Graph& graph, const PlanOptions& options) const override {
    return m_backend->scratchBytes(graph, options);
  }
  Result<double> readBandwidth() override { return 1e10; }
  Result<WeightTable> upload(const ModelFile& file, const Graph& graph, const LoadProgress& progress,
                             std::stop_token stop) override {
    constexpr int kPieces = 20;
    for (int piece = 0; piece < kPieces; ++piece) {
      if (stop.stop_requested()) return fail(ErrorKind::cancelled, "Loading was cancelled.");
      if (progress) progress(static_cast<std::uint64_t>(piece), kPieces);
      std::this_thread::sleep_for(m_slowness.upload / kPieces);
    }
    return m_backend->upload(file, graph, progress, stop);
  }
  Result<std::shared_ptr<CacheStorage>> createCache(const CacheShape& shape) override {
    if (m_slowness.cacheLimit > 0 && shape.bytes() > m_slowness.cacheLimit) {
      return fail(ErrorKind::outOfMemory, "the cache needs ", shape.bytes(), " bytes, and ", m_slowness.cacheLimit,
                  " are left");
    }
    return m_backend->createCache(shape);
  }
  Result<std::unique_ptr<Plan>> compile(const Graph& graph, const WeightTable& weights,
                                        std::shared_ptr<CacheStorage> cache, const PlanOptions& options) override {
    std::unique_ptr<Plan> plan = TRY(m_backend->compile(graph, weights, std::move(cache), options));
    return std::make_unique<SlowPlan>(std::move(plan), m_slowness.step);
  }

 private:
  std::shared_ptr<Backend> m_backend;
  Slowness m_slowness;
};

}  // namespace cutaway::test
