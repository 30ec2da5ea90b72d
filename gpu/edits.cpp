#include "gpu/edits.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "gpu/fusion.h"

namespace cutaway::gpu {
namespace {

constexpr std::uint32_t kRowWords = 2;  ///< of a row in front of the entries

/// The step's rows whose tokens an edit is about, and those tokens' positions.
struct MetRows {
  std::vector<std::uint32_t> rows, positions;
};

MetRows metRows(const Graph& graph, const Step& step, std::size_t index) {
  const Edit& edit = step.edits[index];
  const bool wantedRows = layoutOf(graph, edit.value).wantedRows;
  MetRows met;
  std::uint32_t row = 0;
  for (std::size_t t = 0; t < step.tokens.size(); ++t) {
    if (wantedRows && step.wantLogits[t] == 0) continue;
    const auto position = static_cast<std::uint32_t>(step.positions[t]);
    if (edit.tokens.contains(position) && step.editMeets(index, t)) {
      met.rows.push_back(row);
      met.positions.push_back(position);
    }
    ++row;
  }
  return met;
}

/// The words that shaders/edit_rows.comp reads.
std::vector<std::uint32_t> workOf(const RowEdit& rowEdit, std::uint32_t addedRows, const MetRows& met) {
  const std::uint32_t entries = pieceElements(rowEdit.pieces());
  const auto rows = static_cast<std::uint32_t>(met.rows.size());
  const std::uint32_t addedAt = rows * kRowWords + entries;
  std::vector<std::uint32_t> work;
  for (std::uint32_t i = 0; i < rows; ++i) {
    work.push_back(met.rows[i]);
    work.push_back(addedAt + (addedRows > 1 ? i * entries : 0));
  }
  for (const RowPiece& piece : rowEdit.pieces())
    for (std::uint32_t i = 0; i < piece.count; ++i) work.push_back(piece.offset + i);
  for (std::uint32_t i = 0; i < std::min(addedRows, rows); ++i) {
    const float* added = rowEdit.added(met.positions[i]);
    for (std::uint32_t j = 0; j < entries; ++j) work.push_back(std::bit_cast<std::uint32_t>(added[j]));
  }
  return work;
}

}  // namespace

Result<StepEdits> StepEdits::create(PlanContext& context, Ledger& ledger, const Step& step) {
  StepEdits edits;
  std::vector<std::vector<std::uint32_t>> works;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < step.edits.size(); ++i) {
    const Edit& edit = step.edits[i];
    MetRows met = metRows(context.graph, step, i);
    if (!edit.on || met.rows.empty()) continue;
    const RowEdit rowEdit(context.graph, edit);
    works.push_back(workOf(rowEdit, edit.addedRows, met));
    total += works.back().size() * 4;
    Item item{
        .value = edit.value, .adds = edit.addedRows > 0, .keep = edit.keep, .rows = std::move(met.rows)};
    item.entries = pieceElements(rowEdit.pieces());
    edits.m_items.push_back(std::move(item));
  }
  if (edits.m_items.empty()) return edits;
  edits.m_reservation = TRY(ledger.reserve(MemoryClass::scratch, total, "the edits of a step"));
  const DeviceLimits& limits = context.device->physical().limits();
  for (std::size_t i = 0; i < works.size(); ++i) {
    const std::uint64_t bytes = works[i].size() * 4;
    const std::uint64_t largest = std::min<std::uint64_t>(limits.storageRange, UINT32_MAX);
    if (bytes > largest)
      return fail(ErrorKind::outOfMemory, context.device->name(), ": the edit of ",
                  context.value(edits.m_items[i].value).name, " takes ", formatBytes(bytes),
                  " in one step; at most ", formatBytes(largest), " can be read at once; edit fewer tokens");
    edits.m_items[i].work =
        TRY(allocateSlice(context.device, MemoryUse::upload, bytes, "the edits of a step"));
    std::memcpy(edits.m_items[i].work.mapped(), works[i].data(), bytes);
  }
  return edits;
}

void StepEdits::addNeeded(const Graph& graph, Part part, std::set<ValueId>& values) const {
  for (const Item& item : m_items)
    if (partOf(graph, graph.nodes[graph.values[item.value].node]) == part) values.insert(item.value);
}

Result<void> StepEdits::recordAfter(PlanContext& context, const Program& program, std::size_t launch,
                                    std::uint32_t rowBase, CommandBuffer& commands) {
  for (const Item& item : m_items) {
    const Stored* stored = program.find(item.value);
    if (!stored || stored->lastLaunch != launch) continue;
    const std::uint32_t end = program.part == Part::tail ? rowBase + kTailRows : UINT32_MAX;
    const auto first = std::ranges::lower_bound(item.rows, rowBase),
               last = std::ranges::lower_bound(item.rows, end);
    if (first == last) continue;
    const ValueId logits = context.graph.logits();
    const EditParams params{.rowBase = rowBase,
                            .firstRow = static_cast<std::uint32_t>(first - item.rows.begin()),
                            .entries = item.entries,
                            .entriesAt = kRowWords * static_cast<std::uint32_t>(item.rows.size()),
                            .stride = item.value == logits ? logitStride(context.graph.vocabulary)
                                                           : context.rowElements(item.value),
                            .adds = item.adds,
                            .keep = item.keep};
    const Slice slices[] = {stored->slice, item.work};
    const std::uint32_t lanes = context.kernels->laneCount();
    commands.barrierAll();
    TRY(m_launches.record(
        context, {Kernel::editRows, FormatId::f32, {}}, slices, std::as_bytes(std::span(&params, 1)),
        {(item.entries + lanes - 1) / lanes, static_cast<std::uint32_t>(last - first), 1}, commands));
    commands.barrierAll();
  }
  return {};
}

}  // namespace cutaway::gpu
