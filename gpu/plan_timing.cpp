// Where a step's time goes: the same launches as ever, with the device's clock read behind each.
#include <algorithm>

#include "core/run/step_check.h"
#include "gpu/plan.h"
#include "gpu/vulkan/timestamps.h"

namespace cutaway::gpu {
namespace {

std::uint64_t bytesOf(const Launch& launch, std::uint32_t rows, std::uint32_t cells) {
  std::uint64_t bytes = 0;
  for (const Operand& operand : launch.operands)
    bytes += operand.wholeBytes + operand.rowBytes * rows + operand.cellBytes * cells;
  return bytes;
}

void addLaunch(StepTiming& timing, const Launch& launch, double seconds, std::uint64_t bytes) {
  auto op = std::ranges::find(timing.ops, launch.kind, &OpTiming::kind);
  if (op == timing.ops.end()) op = timing.ops.insert(op, {.kind = launch.kind});
  ++op->launches;
  op->seconds += seconds;
  op->bytes += bytes;
}

/// One piece of a step: a body, or a tail for some of the wanted rows.
struct Piece {
  const Program* program;
  std::uint32_t rowBase, rows;
};

}  // namespace

Result<StepTiming> GpuPlan::time(const Step& step) {
  TRY(m_context.device->alive());
  TRY(checkStep(step, m_context.graph, m_context.cache->shape(), m_context.maxTokens));
  if (!m_inFlight.empty()) return fail(ErrorKind::usage, "a step is in flight; wait for it first");
  const auto start = std::chrono::steady_clock::now();
  const auto tokens = static_cast<std::uint32_t>(step.tokens.size()), wanted = wantedRows(step);
  const RowClass body = tokens == 1 ? RowClass::one : RowClass::many;
  std::vector<Piece> pieces = {{base(Part::body, body).program.get(), 0, tokens}};
  const Program* tail = base(Part::tail, wanted <= 1 ? RowClass::one : RowClass::many).program.get();
  for (std::uint32_t first = 0; first < wanted; first += kTailRows)
    pieces.push_back({tail, first, std::min(kTailRows, wanted - first)});
  std::uint32_t launches = 0;
  for (const Piece& piece : pieces) launches += static_cast<std::uint32_t>(piece.program->launches.size());

  const StepSizes sizes =
      TRY(m_context.steps->write(0, step, body == RowClass::one ? 1 : m_context.tileTokens));
  m_context.inputs->write(0, step);
  const auto stamps = TRY(TimestampPool::create(m_context.device, launches + 1));
  TRY(recordBefore(0, step));
  auto opening = TRY(CommandBuffer::create(m_pool));
  TRY(opening.begin(false));
  stamps.reset(opening);
  opening.barrierAll();
  stamps.stamp(opening, 0);
  TRY(opening.end());
  std::vector<CommandBuffer> recorded;
  std::vector<VkCommandBuffer> queue = {m_slots[0].before->handle(), opening.handle()};
  std::uint32_t stamp = 0;
  for (const Piece& piece : pieces) {
    recorded.push_back(TRY(CommandBuffer::create(m_pool)));
    TRY(record(recorded.back(), *piece.program,
               {.rowBase = piece.rowBase, .sizes = &sizes, .after = [&](std::size_t, CommandBuffer& into) {
                  into.barrierBetweenKernels();
                  stamps.stamp(into, ++stamp);
                  return Result<void>();
                }}));
    queue.push_back(recorded.back().handle());
  }
  TRY(m_timeline->wait(TRY(m_timeline->submit(queue))));

  StepTiming timing;
  timing.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto seconds = TRY(stamps.intervals());
  std::size_t at = 0;
  for (const Piece& piece : pieces)
    for (const Launch& launch : piece.program->launches)
      addLaunch(timing, launch, seconds[at++], bytesOf(launch, piece.rows, contextLength(step)));
  return timing;
}

}  // namespace cutaway::gpu
