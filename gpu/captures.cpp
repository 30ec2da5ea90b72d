#include "gpu/captures.h"

#include <algorithm>
#include <cstring>

#include "gpu/fusion.h"

namespace cutaway::gpu {
namespace {

std::uint32_t sizeOf(const Dim& dim, std::uint32_t tokens, std::uint32_t wanted, std::uint32_t context) {
  switch (dim.symbol) {
    case Dim::Symbol::T:
      return tokens;
    case Dim::Symbol::R:
      return wanted;
    case Dim::Symbol::N:
      return context;
    case Dim::Symbol::fixed:
      break;
  }
  return dim.size;
}

std::uint64_t elements(const std::vector<std::uint32_t>& shape) {
  std::uint64_t count = 1;
  for (const std::uint32_t size : shape) count *= size;
  return count;
}

}  // namespace

Result<StepCaptures> StepCaptures::create(PlanContext& context, Ledger& ledger, const Step& step,
                                          std::uint32_t wanted, std::uint32_t contextLength) {
  StepCaptures captures;
  captures.m_tokens = static_cast<std::uint32_t>(step.tokens.size());
  captures.m_wanted = wanted;
  captures.m_contextLength = contextLength;
  const ValueId logits = context.graph.logits();
  std::vector<std::pair<ValueId, bool>> asked;
  for (const ValueId tap : step.taps) asked.emplace_back(tap, true);
  if (step.fullLogits && wanted > 0) asked.emplace_back(logits, false);

  std::uint64_t total = 0;
  for (const auto& [value, isTap] : asked) {
    const Value& info = context.value(value);
    Item item{.capture = {value, {}, {}}, .isTap = isTap, .onDemand = info.onDemand};
    for (const Dim& dim : info.shape)
      item.capture.shape.push_back(sizeOf(dim, captures.m_tokens, wanted, contextLength));
    item.pattern = info.onDemand && info.name.ends_with(".pattern");
    item.rows = item.capture.shape[0];
    item.rowFloats = item.rows ? static_cast<std::uint32_t>(elements(item.capture.shape) / item.rows) : 0;
    item.strideFloats = value == logits ? logitStride(context.graph.vocabulary) : item.rowFloats;
    total += std::uint64_t{item.rows} * item.strideFloats * 4 * (item.onDemand ? 2 : 1);
    captures.m_items.push_back(std::move(item));
  }
  if (captures.m_items.empty()) return captures;
  captures.m_reservation = TRY(ledger.reserve(MemoryClass::capture, total, "the captured values"));
  for (Item& item : captures.m_items) {
    const std::uint64_t bytes = std::uint64_t{item.rows} * item.strideFloats * 4;
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
    const Node& node = graph.nodes[graph.values[item.capture.value].node];
    if (partOf(graph, node) != part) continue;
    values.insert(item.onDemand ? node.inputs[0] : item.capture.value);
    if (item.onDemand) values.insert(node.output);  // scores are read behind the launch that makes z
  }
  return values;
}

Result<void> StepCaptures::recordAfter(PlanContext& context, const Program& program, std::size_t launch,
                                       std::uint32_t rowBase, CommandBuffer& commands) {
  for (Item& item : m_items) {
    if (!item.readback) continue;
    const Graph& graph = context.graph;
    const ValueId source =
        item.onDemand ? graph.nodes[graph.values[item.capture.value].node].output : item.capture.value;
    const Stored* stored = program.find(source);
    if (!stored || stored->lastLaunch != launch) continue;
    if (item.onDemand) {
      TRY(recordScores(context, program, item, commands));
      continue;
    }
    const std::uint64_t rowBytes = std::uint64_t{item.strideFloats} * 4;
    const std::uint64_t rows =
        program.part == Part::tail ? std::min(item.rows - rowBase, kTailRows) : std::uint64_t{item.rows};
    commands.barrierAll();
    commands.copy(stored->slice, item.readback.part(rowBase * rowBytes, rows * rowBytes), rows * rowBytes);
    commands.barrierAll();
  }
  return {};
}

Result<void> StepCaptures::launchOnce(PlanContext& context, Kernel kernel, FormatId format,
                                      std::span<const Slice> slices, std::span<const std::byte> push,
                                      const std::array<std::uint32_t, 3>& grid, CommandBuffer& commands) {
  auto pipeline = TRY(context.kernels->pipeline({kernel, format, {}}));
  auto pool = TRY(DescriptorPool::create(context.device, 1, static_cast<std::uint32_t>(slices.size())));
  const VkDescriptorSet set = TRY(pool.allocate(*pipeline, slices));
  commands.bind(*pipeline, set, push);
  commands.dispatch(grid[0], grid[1], grid[2]);
  m_launched.emplace_back(std::move(pool), std::move(pipeline));
  return {};
}

Result<void> StepCaptures::recordScores(PlanContext& context, const Program& program, Item& item,
                                        CommandBuffer& commands) {
  const Graph& graph = context.graph;
  const Node& node = graph.nodes[graph.values[item.capture.value].node];
  const auto& attributes = std::get<AttentionAttributes>(node.attributes);
  const Stored* q = program.find(node.inputs[0]);
  if (!q)
    return fail(ErrorKind::device, "the query of ", graph.values[item.capture.value].name, " was not stored");
  const std::uint64_t headBytes = std::uint64_t{m_tokens} * m_contextLength * 4;
  const DeviceLimits& limits = context.device->physical().limits();
  // Each range of heads must begin where a binding may.
  std::uint32_t heads =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(limits.storageRange / headBytes, graph.queryHeads));
  while (heads > 1 && heads < graph.queryHeads && heads * headBytes % limits.bufferAlignment != 0) --heads;
  if (heads == 0 || (heads < graph.queryHeads && heads * headBytes % limits.bufferAlignment != 0))
    return fail(ErrorKind::outOfMemory, context.device->name(), ": the scores of one head take ",
                formatBytes(headBytes), "; at most ", formatBytes(limits.storageRange),
                " can be written at once; ask for fewer tokens in one step");

  commands.barrierAll();
  for (std::uint32_t first = 0; first < graph.queryHeads; first += heads) {
    const std::uint32_t count = std::min(heads, graph.queryHeads - first);
    const Slice out = item.scores.part(first * headBytes, count * headBytes);
    const ScoresParams scores{.rowBase = 0,
                              .keyHeads = graph.keyValueHeads,
                              .headsPerKey = graph.queryHeads / graph.keyValueHeads,
                              .headWidth = graph.headWidth,
                              .firstHead = first,
                              .context = m_contextLength,
                              .scale = attributes.scale};
    const std::uint32_t lanes = context.kernels->laneCount();
    const Slice slices[] = {context.steps->records(), context.steps->pages(), q->slice,
                            context.cache->keys(attributes.layer), out};
    TRY(launchOnce(context, Kernel::scores, context.cache->shape().format, slices,
                   std::as_bytes(std::span(&scores, 1)),
                   {(m_contextLength + lanes - 1) / lanes, m_tokens, count}, commands));
    if (!item.pattern) continue;
    commands.barrierBetweenKernels();
    const SoftmaxParams softmax{.rowBase = 0, .columns = m_contextLength};
    TRY(launchOnce(context, Kernel::softmaxRows, FormatId::f32, {&out, 1},
                   std::as_bytes(std::span(&softmax, 1)), {m_tokens, count, 1}, commands));
  }
  commands.barrierAll();
  commands.copy(item.scores, item.readback, item.readback.size);
  commands.barrierAll();
  return {};
}

void StepCaptures::read(StepResult& result) const {
  for (const Item& item : m_items) {
    const auto* data = item.readback ? reinterpret_cast<const float*>(item.readback.mapped()) : nullptr;
    const auto row = [&](std::uint32_t r) { return data + std::uint64_t{r} * item.strideFloats; };
    if (!item.isTap) {
      for (std::uint32_t r = 0; r < item.rows; ++r)
        result.rows[r].logits.assign(row(r), row(r) + item.rowFloats);
      continue;
    }
    Capture capture = item.capture;
    capture.data.resize(elements(capture.shape));
    for (std::uint32_t r = 0; data && r < item.rows; ++r)
      std::copy_n(row(r), item.rowFloats, capture.data.begin() + std::uint64_t{r} * item.rowFloats);
    result.captures.push_back(std::move(capture));
  }
}

}  // namespace cutaway::gpu
