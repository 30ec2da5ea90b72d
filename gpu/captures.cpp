#include "gpu/captures.h"

#include <algorithm>
#include <cstring>

#include "gpu/fusion.h"

namespace cutaway::gpu {

Result<StepCaptures> StepCaptures::create(PlanContext& context, Ledger& ledger, const Step& step,
                                          std::uint32_t wanted, std::uint32_t contextLength) {
  StepCaptures captures;
  captures.m_contextLength = contextLength;
  const StepExtent extent{static_cast<std::uint32_t>(step.tokens.size()), wanted, contextLength};
  const ValueId logits = context.graph.logits();
  std::vector<std::pair<Tap, bool>> asked;
  for (const Tap& tap : step.taps) asked.emplace_back(tap, true);
  if (step.fullLogits && wanted > 0) asked.emplace_back(Tap{logits}, false);

  std::uint64_t total = 0;
  for (const auto& [tap, isTap] : asked) {
    const Value& info = context.value(tap.value);
    Item item{.value = tap.value, .isTap = isTap, .onDemand = info.onDemand};
    item.region = regionOf(context.graph, tap, extent);
    item.pattern = info.onDemand && info.name.ends_with(".pattern");
    item.strideFloats =
        tap.value == logits ? logitStride(context.graph.vocabulary) : context.rowElements(tap.value);
    total += item.bytes() * (item.onDemand ? 2 : 1);
    captures.m_items.push_back(std::move(item));
  }
  if (captures.m_items.empty()) return captures;
  captures.m_reservation = TRY(ledger.reserve(MemoryClass::capture, total, "the captured values"));
  for (Item& item : captures.m_items) {
    const std::uint64_t bytes = item.bytes();
    if (bytes == 0) continue;
    item.readback = TRY(allocateSlice(context.device, MemoryUse::readback, bytes, "the captured values"));
    if (item.onDemand)
      item.scores = TRY(allocateSlice(context.device, MemoryUse::device, bytes, "the captured values"));
  }
  return captures;
}

std::set<ValueId> StepCaptures::needed(const Graph& graph, Part part) const {
  std::set<ValueId> values;
  for (const Item& item : m_items) {
    const Node& node = graph.nodes[graph.values[item.value].node];
    if (partOf(graph, node) != part) continue;
    values.insert(item.onDemand ? node.inputs[0] : item.value);
    if (item.onDemand) values.insert(node.output);  // scores are read behind the launch that makes z
  }
  return values;
}

Result<void> StepCaptures::recordAfter(PlanContext& context, const Program& program, std::size_t launch,
                                       std::uint32_t rowBase, CommandBuffer& commands) {
  for (Item& item : m_items) {
    if (!item.readback) continue;
    const Graph& graph = context.graph;
    const ValueId source = item.onDemand ? graph.nodes[graph.values[item.value].node].output : item.value;
    const Stored* stored = program.find(source);
    if (!stored || stored->lastLaunch != launch) continue;
    if (item.onDemand) {
      TRY(recordScores(context, program, item, commands));
      continue;
    }
    const std::uint64_t rowBytes = std::uint64_t{item.strideFloats} * 4;
    std::uint32_t first = item.region.firstRow,
                  end = first + item.region.rows;  // what of it lies in the launch's rows
    if (program.part == Part::tail) {
      first = std::max(first, rowBase);
      end = std::min(end, rowBase + kTailRows);
    }
    if (first >= end) continue;
    const std::uint64_t bytes = (end - first) * rowBytes;
    commands.barrierAll();
    commands.copy(stored->slice.part((first - rowBase) * rowBytes, bytes),
                  item.readback.part((first - item.region.firstRow) * rowBytes, bytes), bytes);
    commands.barrierAll();
  }
  return {};
}

Result<void> StepCaptures::recordScores(PlanContext& context, const Program& program, Item& item,
                                        CommandBuffer& commands) {
  const Graph& graph = context.graph;
  const Node& node = graph.nodes[graph.values[item.value].node];
  const TapRegion& region = item.region;
  const auto& attributes = std::get<AttentionAttributes>(node.attributes);
  const Stored* q = program.find(node.inputs[0]);
  if (!q) return fail(ErrorKind::device, "the query of ", graph.values[item.value].name, " was not stored");
  const std::uint64_t headBytes = std::uint64_t{region.rows} * m_contextLength * 4;
  const DeviceLimits& limits = context.device->physical().limits();
  // Each range of heads must begin where a binding may.
  std::uint32_t heads =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(limits.storageRange / headBytes, region.heads));
  while (heads > 1 && heads < region.heads && heads * headBytes % limits.bufferAlignment != 0) --heads;
  if (heads == 0 || (heads < region.heads && heads * headBytes % limits.bufferAlignment != 0))
    return fail(ErrorKind::outOfMemory, context.device->name(), ": the scores of one head take ",
                formatBytes(headBytes), "; at most ", formatBytes(limits.storageRange),
                " can be written at once; ask for fewer tokens in one step");

  commands.barrierAll();
  for (std::uint32_t first = 0; first < region.heads; first += heads) {
    const std::uint32_t count = std::min(heads, region.heads - first);
    const Slice out = item.scores.part(first * headBytes, count * headBytes);
    const ScoresParams scores{.rowBase = region.firstRow,
                              .rows = region.rows,
                              .keyHeads = graph.keyValueHeads,
                              .headsPerKey = graph.queryHeads / graph.keyValueHeads,
                              .headWidth = graph.headWidth,
                              .firstHead = region.firstHead + first,
                              .context = m_contextLength,
                              .scale = attributes.scale};
    const std::uint32_t lanes = context.kernels->laneCount();
    const Slice slices[] = {context.steps->records(), context.steps->pages(), q->slice,
                            context.cache->keys(attributes.layer), out};
    TRY(m_launches.record(context, Kernel::scores, context.cache->shape().format, slices,
                   std::as_bytes(std::span(&scores, 1)),
                   {(m_contextLength + lanes - 1) / lanes, region.rows, count}, commands));
    if (!item.pattern) continue;
    commands.barrierBetweenKernels();
    const SoftmaxParams softmax{.rowBase = 0, .columns = m_contextLength};
    TRY(m_launches.record(context, Kernel::softmaxRows, FormatId::f32, {&out, 1},
                   std::as_bytes(std::span(&softmax, 1)), {region.rows, count, 1}, commands));
  }
  commands.barrierAll();
  commands.copy(item.scores, item.readback, item.readback.size);
  commands.barrierAll();
  return {};
}

void StepCaptures::read(StepResult& result) const {
  for (const Item& item : m_items) {
    const auto* data = item.readback ? reinterpret_cast<const float*>(item.readback.mapped()) : nullptr;
    const TapRegion& region = item.region;
    const auto row = [&](std::uint32_t r) {
      return data + std::uint64_t{r} * item.strideFloats + region.rowOffset();
    };
    if (!item.isTap) {
      for (std::uint32_t r = 0; r < region.rows; ++r)
        result.rows[r].logits.assign(row(r), row(r) + region.rowCount());
      continue;
    }
    Capture capture{item.value, region.shape, std::vector<float>(region.elements)};
    if (data && item.onDemand) std::copy_n(data, region.elements, capture.data.begin());
    for (std::uint32_t r = 0; data && !item.onDemand && r < region.rows; ++r)
      std::copy_n(row(r), region.rowCount(), capture.data.begin() + std::uint64_t{r} * region.rowCount());
    result.captures.push_back(std::move(capture));
  }
}

}  // namespace cutaway::gpu
