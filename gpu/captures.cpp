#include "gpu/captures.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

#include "gpu/fusion.h"

namespace cutaway::gpu {
namespace {

constexpr std::uint64_t kKept = std::uint64_t{16} << 20;
constexpr std::uint64_t kSmallest = 64u << 10;
constexpr const char* kWhat = "the captured values";

/// Copies may begin anywhere; rows of floats at whole quads are easier to read.
std::uint64_t quads(std::uint64_t bytes) { return (bytes + 15) / 16 * 16; }

}  // namespace

Result<Slice> CaptureMemory::take(const std::shared_ptr<const Device>& device, Ledger& ledger,
                                  std::uint64_t bytes) {
  if (m_slice && m_slice.size >= bytes) return m_slice;
  rest();
  m_slice = {};
  m_reservation = {};
  // A pattern grows with every token: there is room for some more of them.
  const std::uint64_t size = bytes <= kKept ? std::max(std::bit_ceil(bytes), kSmallest) : bytes;
  m_reservation = TRY(ledger.reserve(MemoryClass::capture, size, kWhat));
  m_slice = TRY(allocateSlice(device, MemoryUse::readback, size, kWhat));
  return m_slice;
}

void CaptureMemory::rest() {
  if (!m_slice || m_slice.size <= kKept) return;
  m_slice = {};
  m_reservation = {};
}

Result<StepCaptures> StepCaptures::create(PlanContext& context, Ledger& ledger, CaptureMemory& memory,
                                          const Step& step, std::uint32_t wanted,
                                          std::uint32_t contextLength) {
  StepCaptures captures;
  captures.m_contextLength = contextLength;
  const auto first = std::ranges::find_if(step.wantLogits, [](std::uint8_t want) { return want != 0; });
  captures.m_firstWanted = static_cast<std::uint32_t>(first - step.wantLogits.begin());
  const Graph& graph = context.graph;
  const StepExtent extent{static_cast<std::uint32_t>(step.tokens.size()), wanted, contextLength};
  const ValueId logits = graph.logits();
  std::vector<std::pair<Tap, bool>> asked;
  for (const Tap& tap : step.taps) asked.emplace_back(tap, true);
  if (step.fullLogits && wanted > 0) asked.emplace_back(Tap{logits}, false);

  std::uint64_t total = 0;
  for (const auto& [tap, isTap] : asked) {
    const Value& info = context.value(tap.value);
    Item item{.value = tap.value, .isTap = isTap, .onDemand = info.onDemand};
    item.part = partOf(graph, graph.nodes[info.node]);
    item.region = regionOf(graph, tap, extent);
    item.pattern = info.onDemand && info.name.ends_with(".pattern");
    item.strideFloats = tap.value == logits ? logitStride(graph.vocabulary) : context.rowElements(tap.value);
    total += quads(item.bytes());
    captures.m_items.push_back(std::move(item));
  }
  if (total == 0) return captures;
  const Slice whole = TRY(memory.take(context.device, ledger, total));
  std::uint64_t at = 0;
  for (Item& item : captures.m_items) {
    if (item.bytes() > 0) item.readback = whole.part(at, item.bytes());
    at += quads(item.bytes());
  }
  return captures;
}

/// What is copied, or read to make what is on demand.
ValueId StepCaptures::sourceOf(const Graph& graph, const Item& item) const {
  return item.onDemand ? graph.nodes[graph.values[item.value].node].output : item.value;
}

std::set<ValueId> StepCaptures::needed(const Graph& graph, Part part) const {
  std::set<ValueId> values;
  for (const Item& item : m_items) {
    if (item.part != part) continue;
    values.insert(sourceOf(graph, item));
    if (item.onDemand) values.insert(graph.nodes[graph.values[item.value].node].inputs[0]);
  }
  return values;
}

Result<void> StepCaptures::settle(PlanContext& context, Ledger& ledger, const Program& body,
                                  const Program& tail) {
  const auto ask = [&](std::uint32_t word, std::uint32_t bits) {
    if (bits == 0) return;
    m_tapWords.resize(context.graph.nodes.size() + 1);
    m_tapWords[word] |= bits;
  };
  placeScores(context, body);
  std::uint64_t scores = 0;
  for (Item& item : m_items) {
    const Program& program = item.part == Part::body ? body : tail;
    if (item.onDemand) {
      if (item.waits)
        ask(static_cast<std::uint32_t>(context.graph.values[item.value].node),
            static_cast<std::uint32_t>(item.scoresAt) + 1);
      else
        scores += item.bytes();
      continue;
    }
    const Stored* stored = program.find(item.value);
    item.waits = program.keepsValues() && stored;
    if (item.waits) ask(stored->tapWord, stored->tapBit);
  }
  if (scores == 0) return {};
  m_reservation = TRY(ledger.reserve(MemoryClass::capture, scores, kWhat));
  for (Item& item : m_items)
    if (item.onDemand && !item.waits && item.readback)
      item.scores = TRY(allocateSlice(context.device, MemoryUse::device, item.bytes(), kWhat));
  return {};
}

/// In a step of one token, attention itself stores the scores of whole layers that are asked for, as far as
/// there is room: first those that are to become patterns.
void StepCaptures::placeScores(const PlanContext& context, const Program& body) {
  const std::uint64_t layerFloats = std::uint64_t{context.graph.queryHeads} * m_contextLength;
  std::map<std::pair<bool, std::int32_t>, std::uint64_t> places;
  std::uint64_t end = 0;
  for (const bool pattern : {true, false})
    for (Item& item : m_items) {
      if (!item.onDemand || item.pattern != pattern || !body.keepsValues()) continue;
      const std::int32_t node = context.graph.values[item.value].node;
      if (context.graph.nodes[node].op == Op::lookCached) continue;  // nothing attends there
      if (!pattern && places.contains({true, node})) continue;       // attention stores a layer's scores once
      auto place = places.find({pattern, node});
      if (place == places.end()) {
        if ((end + layerFloats) * 4 > context.tapScores.size) continue;
        place = places.emplace(std::pair(pattern, node), end).first;
        end += layerFloats;
        if (pattern) m_patternRows += context.graph.queryHeads;
      }
      item.waits = true;
      item.scoresAt = place->second;
    }
  // Scores of a layer whose pattern is wanted as well are copied before they become one.
  for (Item& item : m_items) {
    const auto place = places.find({true, context.graph.values[item.value].node});
    if (!item.onDemand || item.pattern || place == places.end()) continue;
    item.waits = true;
    item.scoresAt = place->second;
  }
}

bool StepCaptures::canReplay(Part part) const {
  return std::ranges::all_of(m_items, [&](const Item& item) { return item.part != part || item.waits; });
}

Result<void> StepCaptures::recordAtEnd(PlanContext& context, const Program& body, const Program& tail,
                                       CommandBuffer& commands) {
  for (const Item& item : m_items) {
    if (!item.waits || item.onDemand || !item.readback) continue;
    const Stored& stored = *(item.part == Part::body ? body : tail).find(item.value);
    const std::uint64_t rowBytes = std::uint64_t{item.strideFloats} * 4;
    const std::uint32_t first = item.region.firstRow + (stored.picked ? m_firstWanted : 0);
    commands.copy(stored.slice.part(first * rowBytes, item.readback.size), item.readback, item.readback.size);
  }
  copyScores(context, false, commands);
  if (m_patternRows == 0) return {};
  const Slice rows = context.tapScores.part(0, std::uint64_t{m_patternRows} * m_contextLength * 4);
  const SoftmaxParams softmax{.rowBase = 0, .columns = m_contextLength};
  commands.barrierAll();
  TRY(m_launches.record(context, {Kernel::softmaxRows, FormatId::f32, {}}, {&rows, 1},
                        std::as_bytes(std::span(&softmax, 1)), {m_patternRows, 1, 1}, commands));
  commands.barrierAll();
  copyScores(context, true, commands);
  return {};
}

void StepCaptures::copyScores(const PlanContext& context, bool patterns, CommandBuffer& commands) const {
  for (const Item& item : m_items) {
    if (!item.waits || !item.onDemand || item.pattern != patterns || !item.readback) continue;
    const std::uint64_t from = item.scoresAt + std::uint64_t{item.region.firstHead} * m_contextLength;
    commands.copy(context.tapScores.part(from * 4, item.readback.size), item.readback, item.readback.size);
  }
}

Result<void> StepCaptures::recordAfter(PlanContext& context, const Program& program, std::size_t launch,
                                       std::uint32_t rowBase, CommandBuffer& commands) {
  for (Item& item : m_items) {
    if (!item.readback || item.waits || item.part != program.part) continue;
    const Stored* stored = program.find(sourceOf(context.graph, item));
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
    TRY(m_launches.record(context, {Kernel::scores, context.cache->shape().format, {}}, slices,
                          std::as_bytes(std::span(&scores, 1)),
                          {(m_contextLength + lanes - 1) / lanes, region.rows, count}, commands));
    if (!item.pattern) continue;
    commands.barrierBetweenKernels();
    const SoftmaxParams softmax{.rowBase = 0, .columns = m_contextLength};
    TRY(m_launches.record(context, {Kernel::softmaxRows, FormatId::f32, {}}, {&out, 1},
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
