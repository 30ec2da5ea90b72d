// A graph compiled for the device: programs recorded once and replayed, steps in two slots.
#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "gpu/captures.h"
#include "gpu/edits.h"
#include "gpu/fusion.h"
#include "gpu/ops/linear.h"
#include "gpu/recorder.h"
#include "gpu/vulkan/timeline.h"

namespace cutaway::gpu {

/// What a plan takes from its backend.
struct PlanResources {
  std::shared_ptr<const Device> device;
  std::shared_ptr<KernelLibrary> kernels;
  std::shared_ptr<Timeline> timeline;
  std::shared_ptr<Ledger> ledger;
  std::uint64_t tapScoreLimit = 0;  ///< see VulkanOptions, as is the next one
  bool queueAhead = false;
};

class GpuPlan final : public Plan {
 public:
  static Result<std::unique_ptr<GpuPlan>> create(const PlanResources& resources, const Graph& graph,
                                                 const WeightTable& weights, std::shared_ptr<GpuCache> cache,
                                                 const PlanOptions& options);
  ~GpuPlan() override;

  std::uint32_t maxTokens() const override { return m_context.maxTokens; }
  std::uint32_t tokenTile() const override { return kTokenTile; }
  /// It works on a software device as well, but there it only takes the processor from the thread that waits.
  bool canFollow() const override {
    return m_queueAhead || m_context.device->physical().info().kind != DeviceKind::software;
  }
  bool give(TokenId token) override;
  Result<void> submit(const Step& step) override;
  Result<StepResult> wait() override;

  Result<StepTiming> time(const Step& step) override;
  /// Launches of one step, for tests that count them.
  std::size_t launches(RowClass body, RowClass tail) const;
  /// Programs or parts of them put into command buffers so far, for tests that see to it that steps are
  /// replayed.
  std::size_t recordings() const { return m_recordings; }

 private:
  /// A recorded piece of a program, short enough to be one submission.
  using Segments = std::vector<CommandBuffer>;
  struct Base {
    std::shared_ptr<Program> program;
    Segments segments;                                 ///< of the body; of the tail's first chunk
    std::vector<std::optional<CommandBuffer>> chunks;  ///< of the tail: by chunk, recorded when needed
  };
  struct Slot {
    std::optional<CommandBuffer> before, after;
    std::vector<CommandBuffer> once;   ///< recorded for this step alone
    std::shared_ptr<Base> body, tail;  ///< alive until the wait
    Slice readback;
    CaptureMemory captureMemory;
    StepCaptures captures;
    StepEdits edits;
    std::uint64_t number = 0;  ///< of its last submission
    std::uint32_t tokens = 0, wanted = 0;
    bool targets = false;
    std::chrono::steady_clock::time_point start;
  };

  GpuPlan() = default;
  Result<void> allocate(std::uint64_t tapScoreLimit);
  Result<CommandBuffer> recorded(const Program& program, const Recording& recording);
  Result<void> compileBase();
  Result<Segments> recordSegments(const Program& program);
  Result<void> warmUp();
  Result<void> recordBehind(Slot& slot, const Program& program, std::size_t launch, std::uint32_t rowBase,
                            CommandBuffer& commands);
  Result<std::shared_ptr<Base>> variant(const Slot& slot, Part part, RowClass rows);
  Base& base(Part part, RowClass rows) { return *m_base[static_cast<int>(part)][static_cast<int>(rows)]; }
  const Base& base(Part part, RowClass rows) const {
    return *m_base[static_cast<int>(part)][static_cast<int>(rows)];
  }

  Result<void> submitTo(std::uint32_t index, const Step& step);
  Result<void> recordBefore(std::uint32_t index, const Step& step);
  Result<void> recordAfter(Slot& slot);
  Result<void> addBody(Slot& slot, const StepSizes& sizes, std::vector<VkCommandBuffer>& queue);
  Result<void> addTail(Slot& slot, const StepSizes& sizes, std::vector<VkCommandBuffer>& queue);
  Result<VkCommandBuffer> replayedChunk(Base& tail, std::uint32_t chunk);
  Result<void> submitQueue(Slot& slot, std::span<const VkCommandBuffer> queue, bool gated);
  Result<LogitRow> readRow(const std::uint32_t* words, bool target) const;

  PlanContext m_context;
  std::shared_ptr<Timeline> m_timeline;
  std::shared_ptr<Ledger> m_ledger;
  std::shared_ptr<CommandPool> m_pool;
  Reservation m_reservation;
  std::shared_ptr<Base> m_base[2][2];
  struct Variant {
    Part part;
    RowClass rows;
    std::set<ValueId> kept;
    std::shared_ptr<Base> base;
  };
  std::deque<Variant> m_variants;         ///< for what fused launches do not store; the oldest is dropped
  std::optional<CommandBuffer> m_warmUp;  ///< alive while it may run
  std::size_t m_recordings = 0;
  bool m_queueAhead = false;
  Slot m_slots[kSlots];
  std::deque<std::uint32_t> m_inFlight;
  std::uint32_t m_lastWanted = 0;  ///< rows of the step submitted last
  double m_secondsPerToken = 0;    ///< of steps of many tokens, smoothed; 0 before the first
};

}  // namespace cutaway::gpu
