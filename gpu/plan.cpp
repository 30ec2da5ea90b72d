#include "gpu/plan.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/run/step_check.h"
#include "gpu/ops/attention.h"
#include "gpu/plan_sizes.h"

namespace cutaway::gpu {
namespace {

constexpr std::uint32_t kBodySegments = 8;   ///< of a body of many tokens, at most
constexpr double kSubmissionSeconds = 0.08;  ///< longest predicted submission
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

Result<void> GpuPlan::recordBehind(Slot& slot, const Program& program, std::size_t launch,
                                   std::uint32_t rowBase, CommandBuffer& commands) {
  TRY(slot.edits.recordAfter(m_context, program, launch, rowBase, commands));
  return slot.captures.recordAfter(m_context, program, launch, rowBase, commands);
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

Result<void> GpuPlan::submit(const Step& step) {
  TRY(m_context.device->alive());
  TRY(checkStep(step, m_context.graph, m_context.cache->shape(), m_context.maxTokens));
  if (m_inFlight.size() == kSlots)
    return fail(ErrorKind::usage, kSlots, " steps are in flight already; wait for one first");
  if (step.awaitsToken && (step.tokens.size() != 1 || step.followsTop))
    return fail(ErrorKind::usage, "a step of ", step.tokens.size(), " tokens cannot await one");
  if (step.followsTop && (step.tokens.size() != 1 || m_lastWanted == 0))
    return fail(ErrorKind::usage, "a step of ", step.tokens.size(), " tokens cannot follow one with ",
                m_lastWanted, " rows of logits");
  const std::uint32_t index = m_inFlight.empty() ? 0 : 1 - m_inFlight.back();
  auto submitted = submitTo(index, step);
  if (!submitted) {
    m_timeline->drain();  // parts of the step may be running
    m_context.steps->forget();
  }
  m_lastWanted = submitted ? m_slots[index].wanted : 0;
  if (submitted) m_inFlight.push_back(index);
  return submitted;
}

Result<void> GpuPlan::submitTo(std::uint32_t index, const Step& step) {
  Slot& slot = m_slots[index];
  slot.once.clear();
  slot.start = std::chrono::steady_clock::now();
  slot.tokens = static_cast<std::uint32_t>(step.tokens.size());
  slot.wanted = wantedRows(step);
  slot.targets = !step.targets.empty();
  slot.captures = TRY(
      StepCaptures::create(m_context, *m_ledger, slot.captureMemory, step, slot.wanted, contextLength(step)));
  slot.edits = TRY(StepEdits::create(m_context, *m_ledger, step));
  // Programs first: compiling a variant may add launch sizes to the step's buffers.
  const RowClass body = slot.tokens == 1 ? RowClass::one : RowClass::many;
  const RowClass tail = slot.wanted <= 1 ? RowClass::one : RowClass::many;
  slot.body = TRY(variant(slot, Part::body, body));
  slot.tail = TRY(variant(slot, Part::tail, tail));
  TRY(slot.captures.settle(m_context, *m_ledger, *slot.body->program, *slot.tail->program));
  const StepSizes sizes = TRY(m_context.steps->write(
      index, step, body == RowClass::one ? 1 : m_context.tileTokens, slot.captures.tapWords()));
  m_context.inputs->write(index, step);
  std::vector<VkCommandBuffer> queue = {slot.before->handle()};
  TRY(recordBefore(index, step));
  TRY(addBody(slot, sizes, queue));
  TRY(addTail(slot, sizes, queue));
  TRY(recordAfter(slot));
  queue.push_back(slot.after->handle());
  return submitQueue(slot, queue, step.awaitsToken);
}

/// The step's arrays, and in place of its token, where it follows, the one on top of the last step's results.
Result<void> GpuPlan::recordBefore(std::uint32_t index, const Step& step) {
  CommandBuffer& commands = *m_slots[index].before;
  TRY(commands.begin(false));
  if (step.awaitsToken) commands.barrierFromHost();  // written after the submission
  commands.barrierAll();
  m_context.steps->recordCopies(index, commands);
  m_context.inputs->recordCopies(index, commands);
  if (step.followsTop) {
    const std::uint64_t top = std::uint64_t{m_lastWanted - 1} * kResultWords + kResultHeader;
    const std::uint64_t token = kRecordWords;  // word 0 of the first token's record
    commands.barrierAll();
    commands.copy(m_context.results.part(top * 4, 4), m_context.steps->records().part(token * 4, 4), 4);
  }
  commands.barrierAll();
  return commands.end();
}

Result<void> GpuPlan::recordAfter(Slot& slot) {
  CommandBuffer& commands = *slot.after;
  TRY(commands.begin(false));
  commands.barrierAll();
  commands.copy(m_context.results, slot.readback, std::uint64_t{slot.wanted} * kResultWords * 4);
  TRY(slot.captures.recordAtEnd(m_context, *slot.body->program, *slot.tail->program, commands));
  commands.barrierToHost();
  return commands.end();
}

Result<void> GpuPlan::addBody(Slot& slot, const StepSizes& sizes, std::vector<VkCommandBuffer>& queue) {
  const std::shared_ptr<Program>& program = slot.body->program;
  if (slot.edits.empty() && slot.captures.canReplay(Part::body)) {
    if (slot.body->segments.empty()) slot.body->segments = TRY(recordSegments(*program));
    for (const CommandBuffer& segment : slot.body->segments) queue.push_back(segment.handle());
    return {};
  }
  const auto behind = [&](std::size_t launch, CommandBuffer& into) {
    return recordBehind(slot, *program, launch, 0, into);
  };
  slot.once.push_back(TRY(recorded(*program, {.sizes = &sizes, .after = behind})));
  queue.push_back(slot.once.back().handle());
  return {};
}

Result<void> GpuPlan::addTail(Slot& slot, const StepSizes& sizes, std::vector<VkCommandBuffer>& queue) {
  const std::shared_ptr<Program>& program = slot.tail->program;
  const bool replayed = slot.edits.empty() && slot.captures.canReplay(Part::tail);
  for (std::uint32_t first = 0; first < slot.wanted; first += kTailRows) {
    if (replayed) {
      queue.push_back(TRY(replayedChunk(*slot.tail, first / kTailRows)));
      continue;
    }
    const auto behind = [&](std::size_t launch, CommandBuffer& into) {
      return recordBehind(slot, *program, launch, first, into);
    };
    slot.once.push_back(TRY(recorded(*program, {.rowBase = first, .sizes = &sizes, .after = behind})));
    queue.push_back(slot.once.back().handle());
  }
  return {};
}

Result<VkCommandBuffer> GpuPlan::replayedChunk(Base& tail, std::uint32_t chunk) {
  if (tail.chunks.size() <= chunk) tail.chunks.resize(chunk + 1);
  if (!tail.chunks[chunk]) tail.chunks[chunk] = TRY(recorded(*tail.program, {.rowBase = chunk * kTailRows}));
  return tail.chunks[chunk]->handle();
}

/// One submission, or several where the step is predicted to take long: whoever cancels, and the desktop that
/// may share the device, wait for at most one of them.
Result<void> GpuPlan::submitQueue(Slot& slot, std::span<const VkCommandBuffer> queue, bool gated) {
  const double predicted = slot.tokens > 1 ? m_secondsPerToken * slot.tokens : 0;
  const auto pieces = static_cast<std::size_t>(std::ceil(predicted / kSubmissionSeconds));
  const std::size_t each = pieces > 1 ? std::max<std::size_t>(queue.size() / pieces, 1) : queue.size();
  for (std::size_t at = 0; at < queue.size(); at += each)
    slot.number =
        TRY(m_timeline->submit(queue.subspan(at, std::min(each, queue.size() - at)), gated && at == 0));
  return {};
}

bool GpuPlan::give(TokenId token) {
  if (m_inFlight.empty() || token < 0 || static_cast<std::uint32_t>(token) >= m_context.graph.vocabulary)
    return false;
  const std::uint32_t index = m_inFlight.back();
  const auto opened =
      m_timeline->open(m_slots[index].number, [&] { m_context.steps->setToken(index, token); });
  return opened && *opened;
}

Result<StepResult> GpuPlan::wait() {
  if (m_inFlight.empty()) return fail(ErrorKind::usage, "no step was submitted to wait for");
  Slot& slot = m_slots[m_inFlight.front()];
  m_inFlight.pop_front();
  TRY(m_timeline->wait(slot.number));
  if (slot.tokens > 1 && m_inFlight.empty()) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - slot.start;
    const double perToken = took.count() / slot.tokens;
    m_secondsPerToken = m_secondsPerToken == 0 ? perToken : 0.7 * m_secondsPerToken + 0.3 * perToken;
  }
  StepResult result;
  const auto* words = reinterpret_cast<const std::uint32_t*>(slot.readback.mapped());
  for (std::uint32_t r = 0; r < slot.wanted; ++r)
    result.rows.push_back(TRY(readRow(words + r * kResultWords, slot.targets)));
  slot.captures.read(result);
  slot.captures = {};
  slot.captureMemory.rest();
  slot.edits = {};
  return result;
}

Result<LogitRow> GpuPlan::readRow(const std::uint32_t* words, bool target) const {
  const double highest = static_cast<double>(std::bit_cast<float>(words[0]));
  const double sum = static_cast<double>(std::bit_cast<float>(words[1]));
  const double weighted = static_cast<double>(std::bit_cast<float>(words[2]));
  if (!(sum > 0) || !std::isfinite(sum))
    return fail(ErrorKind::badInput,
                "the model's logits are not finite numbers; its weights are damaged, or an edit made values "
                "overflow");
  LogitRow row;
  row.logSumExp = static_cast<float>(highest + std::log(sum));
  row.entropy = static_cast<float>(std::max(0.0, std::log(sum) - weighted / sum));
  if (target) row.targetLogit = std::bit_cast<float>(words[3]);
  const std::uint32_t* top = words + kResultHeader;
  for (std::uint32_t i = 0; i < std::min(kTop, m_context.graph.vocabulary); ++i)
    row.top.push_back({static_cast<TokenId>(top[2 * i]), std::bit_cast<float>(top[2 * i + 1])});
  return row;
}

}  // namespace cutaway::gpu
