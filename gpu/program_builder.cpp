#include "gpu/program_builder.h"

#include <algorithm>

#include "core/base/thread_pool.h"

namespace cutaway::gpu {
namespace {

bool overlap(const Slice& a, const Slice& b) {
  return a.block == b.block && a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

bool writesTo(const Operand& operand, const Stored& stored) {
  if (!operand.written || operand.arena != stored.arena) return false;
  return stored.arena != Operand::kFixed || overlap(operand.slice, stored.slice);
}

bool conflict(const Operand& earlier, const Operand& later) {
  return (earlier.written || later.written) && (earlier.read || earlier.written) &&
         (later.read || later.written) && overlap(earlier.slice, later.slice);
}

}  // namespace

std::uint32_t PlanContext::rowElements(ValueId id) const {
  const Shape& shape = value(id).shape;
  std::uint32_t elements = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) elements *= shape[i].size;
  return elements;
}

ProgramBuilder::ProgramBuilder(PlanContext& context, Part part, RowClass rows)
    : m_context(context), m_rows(rows) {
  m_program->part = part;
  m_program->rows = rows;
}

std::uint32_t ProgramBuilder::rowCapacity() const {
  if (one()) return 1;
  return m_program->part == Part::tail ? kTailRows : m_context.maxTokens;
}

Extent ProgramBuilder::rowExtent(std::uint32_t times, std::uint32_t by) const {
  if (one() || m_program->part == Part::tail)
    return Extent::of((std::uint64_t{rowCapacity()} * times + by - 1) / by);
  return Extent::tokens(times, by);
}

Operand ProgramBuilder::reads(ValueId value) {
  const std::uint64_t rowBytes = std::uint64_t{m_context.rowElements(value)} * 4;
  if (const auto fixed = m_context.crossing.find(value); fixed != m_context.crossing.end())
    return {Operand::kFixed, fixed->second, true, false, 0, rowBytes};
  return {m_homes.at(value), {}, true, false, 0, rowBytes};
}

Operand ProgramBuilder::writes(ValueId value) {
  if (const auto fixed = m_context.crossing.find(value); fixed != m_context.crossing.end()) {
    m_program->stored.push_back({.value = value, .slice = fixed->second});
    return {Operand::kFixed, fixed->second, false, true, 0, std::uint64_t{m_context.rowElements(value)} * 4};
  }
  const std::uint32_t elements = value == m_context.graph.logits() ? logitStride(m_context.graph.vocabulary)
                                                                   : m_context.rowElements(value);
  // Kernels that take four floats at a time may touch the rest of the last quad.
  const std::uint64_t bytes = (std::uint64_t{rowCapacity()} * elements * 4 + 15) / 16 * 16;
  const Arena::Id id = m_homes.try_emplace(value, m_arena.add(bytes)).first->second;
  m_program->stored.push_back({.value = value, .arena = id});
  return {id, {}, false, true, 0, std::uint64_t{elements} * 4};
}

Operand ProgramBuilder::scratchRead(Arena::Id id) const {
  return {id, {}, true, false, 0, m_arena.bytes(id) / rowCapacity()};
}
Operand ProgramBuilder::scratchWrite(Arena::Id id) const {
  return {id, {}, false, true, 0, m_arena.bytes(id) / rowCapacity()};
}
Operand ProgramBuilder::scratchUpdate(Arena::Id id) const {
  return {id, {}, true, true, 0, 2 * m_arena.bytes(id) / rowCapacity()};
}

void ProgramBuilder::holds(ValueId value, Arena::Id id, std::uint64_t first, std::uint32_t tapWord,
                           std::uint32_t tapBit) {
  m_program->stored.push_back({.value = value,
                               .arena = id,
                               .offset = first * 4,
                               .bytes = std::uint64_t{m_context.rowElements(value)} * 4,
                               .tapWord = tapWord,
                               .tapBit = tapBit});
}

void ProgramBuilder::holdsPicked(ValueId value, ValueId of) {
  m_program->stored.push_back({.value = value, .picked = true, .slice = m_context.crossing.at(of)});
}

Result<void> ProgramBuilder::add(Kernel kernel, FormatId format, std::span<const std::uint32_t> constants,
                                 std::vector<Operand> operands, const PushData& push, const Grid& grid) {
  m_variants.push_back({kernel, format, {constants.begin(), constants.end()}});
  Launch launch;
  launch.operands = std::move(operands);
  launch.push = push;
  launch.grid = grid;
  launch.layer = m_layer;
  launch.kind = m_kind;
  const auto index = static_cast<std::uint32_t>(m_program->launches.size());
  for (const Operand& operand : launch.operands)
    if (operand.arena != Operand::kFixed) m_arena.use(operand.arena, index);
  m_program->launches.push_back(std::move(launch));
  return {};
}

Result<std::unique_ptr<Program>> ProgramBuilder::finish(std::set<ValueId> swallowed) {
  Program& program = *m_program;
  program.swallowed = std::move(swallowed);
  TRY(makePipelines());
  const std::uint64_t alignment = m_context.device->physical().limits().bufferAlignment;
  program.arenaBytes = program.keepsValues() ? m_arena.placeApart(alignment) : m_arena.place(alignment);
  if (program.arenaBytes > 0)
    program.arena =
        TRY(allocateSlice(m_context.device, MemoryUse::device, program.arenaBytes, "the values of a step"));
  const auto place = [&](Arena::Id id) { return program.arena.part(m_arena.offset(id), m_arena.bytes(id)); };
  for (Launch& launch : program.launches)
    for (Operand& operand : launch.operands)
      if (operand.arena != Operand::kFixed) operand.slice = place(operand.arena);
  for (Stored& stored : program.stored) {
    if (!stored.slice) stored.slice = place(stored.arena);
    if (stored.bytes > 0) stored.slice = stored.slice.part(stored.offset, stored.bytes);
    for (std::size_t i = 0; i < program.launches.size(); ++i)
      if (std::ranges::any_of(program.launches[i].operands,
                              [&](const Operand& o) { return writesTo(o, stored); }))
        stored.lastLaunch = i;
  }
  markBarriers();
  TRY(bindSets());
  TRY(fixGrids());
  return std::move(m_program);
}

/// A driver takes up to a second for a pipeline: different ones are compiled side by side.
Result<void> ProgramBuilder::makePipelines() {
  std::map<KernelVariant, Result<std::shared_ptr<const Pipeline>>> made;
  for (const KernelVariant& variant : m_variants) made.try_emplace(variant, nullptr);
  std::vector<decltype(made)::iterator> list;
  for (auto at = made.begin(); at != made.end(); ++at) list.push_back(at);
  if (list.empty()) return {};
  ThreadPool pool(std::min(std::thread::hardware_concurrency(), static_cast<unsigned>(list.size())));
  pool.parallelFor(list.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) list[i]->second = m_context.kernels->pipeline(list[i]->first);
  });
  for (std::size_t i = 0; i < m_variants.size(); ++i) {
    Launch& launch = m_program->launches[i];
    launch.pipeline = TRY(made.at(m_variants[i]));
    if (launch.push.bytes != launch.pipeline->facts().pushConstants)
      return fail(ErrorKind::device, "kernel ", launch.pipeline->name(), " takes ",
                  launch.pipeline->facts().pushConstants, " bytes of parameters, not ", launch.push.bytes);
  }
  return {};
}

void ProgramBuilder::markBarriers() {
  std::vector<const Operand*> open;
  for (Launch& launch : m_program->launches) {
    launch.afterBarrier = std::ranges::any_of(launch.operands, [&](const Operand& operand) {
      return std::ranges::any_of(open, [&](const Operand* earlier) { return conflict(*earlier, operand); });
    });
    if (launch.afterBarrier) open.clear();
    for (const Operand& operand : launch.operands) open.push_back(&operand);
  }
}

Result<void> ProgramBuilder::bindSets() {
  if (m_program->launches.empty()) return {};  // the tail of a slice without logits
  std::uint32_t buffers = 0;
  for (const Launch& launch : m_program->launches)
    buffers += static_cast<std::uint32_t>(launch.operands.size());
  m_program->descriptors = TRY(DescriptorPool::create(
      m_context.device, static_cast<std::uint32_t>(m_program->launches.size()), buffers));
  for (Launch& launch : m_program->launches) {
    std::vector<Slice> slices;
    for (const Operand& operand : launch.operands) slices.push_back(operand.slice);
    launch.set = TRY(m_program->descriptors.allocate(*launch.pipeline, slices));
  }
  return {};
}

Result<void> ProgramBuilder::fixGrids() {
  const std::uint32_t limit = m_context.device->physical().limits().workgroups;
  const StepSizes largest{m_context.maxTokens, m_context.maxTokens, m_context.attentionSplits};
  for (Launch& launch : m_program->launches) {
    bool changes = false;
    for (std::size_t d = 0; d < 3; ++d) {
      changes |= launch.grid[d].symbol != Extent::Symbol::one;
      launch.fixedGrid[d] = evaluate(launch.grid[d], {});
      if (evaluate(launch.grid[d], largest) > limit)
        return fail(ErrorKind::device, m_context.device->name(), ": kernel ", launch.pipeline->name(),
                    " needs ", evaluate(launch.grid[d], largest),
                    " work-groups along one side; the device has ", limit);
    }
    if (changes) launch.indirect = TRY(m_context.steps->gridArguments(launch.grid));
  }
  return {};
}

}  // namespace cutaway::gpu
