// A plan's steps on their way: what is submitted for one, and what is read when it is done.
#include <algorithm>
#include <bit>
#include <cmath>

#include "core/run/step_check.h"
#include "gpu/plan.h"

namespace cutaway::gpu {
namespace {

constexpr double kSubmissionSeconds = 0.08;  ///< longest predicted submission

}  // namespace

Result<void> GpuPlan::recordBehind(Slot& slot, const Program& program, std::size_t launch,
                                   std::uint32_t rowBase, CommandBuffer& commands) {
  TRY(slot.edits.recordAfter(m_context, program, launch, rowBase, commands));
  return slot.captures.recordAfter(m_context, program, launch, rowBase, commands);
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
