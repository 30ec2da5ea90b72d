#include "gpu/plan.h"

#include <algorithm>

#include "gpu/ops/attention.h"
#include "gpu/plan_sizes.h"

namespace cutaway::gpu {
namespace {

constexpr std::uint32_t kBodySegments = 8;  ///< of a body of many tokens, at most
constexpr std::size_t kMaxVariants = 4;

}  // namespace

Result<std::unique_ptr<GpuPlan>> GpuPlan::create(const PlanResources& resources, const Graph& graph,
                                                 const WeightTable& weights, std::shared_ptr<GpuCache> cache,
                                                 const PlanOptions& options) {
  std::unique_ptr<GpuPlan> plan(new GpuPlan);
  plan->m_context.device = resources.device;
  plan->m_context.kernels = resources.kernels;
  plan->m_context.graph = graph;
  plan->m_context.weights = weights;
  plan->m_context.cache = std::move(cache);
  plan->m_context.maxTokens = options.maxTokens;
  plan->m_timeline = resources.timeline;
  plan->m_ledger = resources.ledger;
  plan->m_queueAhead = resources.queueAhead;
  plan->m_pool = TRY(CommandPool::create(resources.device));
  TRY(plan->allocate(resources.tapScoreLimit));
  TRY(plan->compileBase());
  TRY(plan->warmUp());
  resources.kernels->save();
  return plan;
}

GpuPlan::~GpuPlan() {
  if (m_timeline) m_timeline->drain();
}

Result<void> GpuPlan::allocate(std::uint64_t tapScoreLimit) {
  PlanContext& c = m_context;
  const std::uint32_t pages = c.cache->shape().pages;
  m_reservation = TRY(m_ledger->reserve(MemoryClass::scratch, planBytes(c.graph, c.maxTokens, pages),
                                        concat("buffers for steps of ", c.maxTokens, " tokens")));
  c.steps = TRY(StepBuffers::create(c.device, stepShape(c.graph, c.maxTokens, pages)));
  c.inputs = TRY(StepInputs::create(c.device, c.graph, c.maxTokens));
  const auto make = [&](MemoryUse use, std::uint64_t bytes) {
    return allocateSlice(c.device, use, bytes, "the buffers of a plan");
  };
  const std::uint64_t resultBytes = std::uint64_t{c.maxTokens} * kResultWords * 4;
  c.results = TRY(make(MemoryUse::device, resultBytes));
  c.nothing = TRY(make(MemoryUse::device, 256));
  c.attentionSplits = splitsOf(pages);
  c.tileTokens = attentionTileTokens(c.graph, c.kernels->lanes());
  c.attentionParts = TRY(make(MemoryUse::device, attentionPartBytes(c.graph, pages)));
  const std::uint64_t usual =
      std::min(tapScoreBytes(c.graph, pages), c.device->physical().limits().storageRange);
  c.tapScores = TRY(make(MemoryUse::device, tapScoreLimit ? std::min(tapScoreLimit, usual) : usual));
  c.attentionArrivals = TRY(make(MemoryUse::device, std::uint64_t{c.graph.keyValueHeads} * 4));
  for (const ValueId value : crossingValues(c.graph))
    c.crossing[value] = TRY(make(
        MemoryUse::device, (std::uint64_t{c.maxTokens} * c.rowElements(value) + 3) / 4 * 16));  // whole quads
  for (Slot& slot : m_slots) {
    slot.readback = TRY(make(MemoryUse::readback, resultBytes));
    slot.before = TRY(CommandBuffer::create(m_pool));
    slot.after = TRY(CommandBuffer::create(m_pool));
  }

  auto commands = TRY(CommandBuffer::create(m_pool));
  TRY(commands.begin(false));
  commands.fill(c.attentionArrivals, 0);
  commands.barrierAll();
  TRY(commands.end());
  const VkCommandBuffer handle = commands.handle();
  return m_timeline->wait(TRY(m_timeline->submit({&handle, 1})));
}

Result<void> GpuPlan::compileBase() {
  for (const Part part : {Part::body, Part::tail})
    for (const RowClass rows : {RowClass::one, RowClass::many}) {
      auto& made = m_base[static_cast<int>(part)][static_cast<int>(rows)];
      made = std::make_shared<Base>();
      if (rows == RowClass::many && m_context.maxTokens == 1) continue;
      made->program = TRY(compileProgram(m_context, part, rows, {}));
      if (part == Part::body) made->segments = TRY(recordSegments(*made->program));
    }
  return {};
}

Result<CommandBuffer> GpuPlan::recorded(const Program& program, const Recording& recording) {
  auto commands = TRY(CommandBuffer::create(m_pool));
  TRY(record(commands, program, recording));
  ++m_recordings;
  return commands;
}

/// One row is short work: a single recording. Many rows are cut between layers, so that each piece can be a
/// submission of its own.
Result<GpuPlan::Segments> GpuPlan::recordSegments(const Program& program) {
  Segments segments;
  const auto& launches = program.launches;
  const std::size_t pieces = program.rows == RowClass::one ? 1 : kBodySegments;
  const std::size_t wanted = (launches.size() + pieces - 1) / pieces;
  for (std::size_t begin = 0; begin < launches.size();) {
    std::size_t end = std::min(begin + wanted, launches.size());
    while (end < launches.size() && launches[end].layer == launches[end - 1].layer) ++end;
    segments.push_back(TRY(recorded(program, {.begin = begin, .end = end})));
    begin = end;
  }
  return segments;
}

/// Some drivers compile a kernel when it is first launched. An empty launch of each, which nobody waits for,
/// lets them do that while the user is still reading or typing.
Result<void> GpuPlan::warmUp() {
  std::set<const Pipeline*> seen;
  m_warmUp = TRY(CommandBuffer::create(m_pool));
  TRY(m_warmUp->begin(false));
  m_warmUp->barrierAll();
  for (const RowClass rows : {RowClass::many, RowClass::one})
    for (const Part part : {Part::body, Part::tail}) {
      if (!base(part, rows).program) continue;
      for (const Launch& launch : base(part, rows).program->launches) {
        if (!seen.insert(launch.pipeline.get()).second) continue;
        m_warmUp->bind(*launch.pipeline, launch.set,
                       std::as_bytes(std::span(launch.push.words)).first(launch.push.bytes));
        m_warmUp->dispatch(0, 1, 1);
        m_warmUp->barrierBetweenKernels();
      }
    }
  TRY(m_warmUp->end());
  const VkCommandBuffer handle = m_warmUp->handle();
  TRY(m_timeline->submit({&handle, 1}));
  return {};
}

std::size_t GpuPlan::launches(RowClass body, RowClass tail) const {
  return base(Part::body, body).program->launches.size() + base(Part::tail, tail).program->launches.size();
}

/// The program for the step's captures and edits: the usual one if it holds what is captured, and stores what
/// is edited before others read it.
Result<std::shared_ptr<GpuPlan::Base>> GpuPlan::variant(const Slot& slot, Part part, RowClass rows) {
  const auto& usual = m_base[static_cast<int>(part)][static_cast<int>(rows)];
  std::set<ValueId> kept, edited;
  for (const ValueId value : slot.captures.needed(m_context.graph, part))
    if (!usual->program->find(value)) kept.insert(value);
  slot.edits.addNeeded(m_context.graph, part, edited);
  for (const ValueId value : edited)
    if (usual->program->swallowed.contains(value)) kept.insert(value);
  if (kept.empty()) return usual;
  for (const Variant& known : m_variants)
    if (known.part == part && known.rows == rows && known.kept == kept) return known.base;
  auto made = std::make_shared<Base>();
  made->program = TRY(compileProgram(m_context, part, rows, kept));
  m_variants.push_back({part, rows, kept, made});
  if (m_variants.size() > kMaxVariants) m_variants.pop_front();
  return made;
}

}  // namespace cutaway::gpu
