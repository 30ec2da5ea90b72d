#include "core/cpu/cpu_plan.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "core/run/step_check.h"
#include "core/run/tap_region.h"

namespace cutaway {
namespace {

/// Rows of logits computed at a time: enough to share the decoding of the output matrix, few enough that a
/// step that wants logits of every token needs no T x V buffer.
constexpr std::uint32_t kLogitRows = 32;

bool isWantedRows(const Graph& graph, ValueId value) {
  return graph.values[value].shape.front() == Dim::wanted();
}

/// In the order they run: those over T tokens, then those over R rows, which are repeated batch by batch.
std::vector<const Node*> runningOrder(const Graph& graph) {
  std::vector<const Node*> order;
  for (const bool wanted : {false, true})
    for (const Node& node : graph.nodes)
      if (isWantedRows(graph, node.output) == wanted) order.push_back(&node);
  return order;
}

/// The place in the running order where each value is used last; the end for what every batch of R rows
/// reads.
std::vector<std::size_t> lastUses(const Graph& graph, const std::vector<const Node*>& order) {
  std::vector<std::size_t> last(graph.values.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    const bool batched = isWantedRows(graph, order[place]->output);
    last[order[place]->output] = place;
    for (const ValueId input : order[place]->inputs)
      last[input] = batched && !isWantedRows(graph, input) ? order.size() : place;
  }
  return last;
}

}  // namespace

BufferPlan::BufferPlan(const Graph& graph, std::uint32_t maxTokens) : bufferOf(graph.values.size()) {
  const std::vector<const Node*> order = runningOrder(graph);
  const std::vector<std::size_t> last = lastUses(graph, order);
  std::vector<std::uint32_t> idle;
  for (std::size_t place = 0; place < order.size(); ++place) {
    const Node& node = *order[place];
    const std::size_t rows = isWantedRows(graph, node.output) ? std::min(kLogitRows, maxTokens) : maxTokens;
    bufferOf[node.output] = take(idle, rows * rowElements(graph.values[node.output].shape));
    std::vector<ValueId> touched = node.inputs;
    touched.push_back(node.output);
    std::ranges::sort(touched);
    touched.erase(std::ranges::unique(touched).begin(), touched.end());
    for (const ValueId value : touched)
      if (last[value] == place) idle.push_back(bufferOf[value]);
  }
}

/// The idle buffer whose size changes least, or a new one.
std::uint32_t BufferPlan::take(std::vector<std::uint32_t>& idle, std::size_t needed) {
  if (idle.empty()) {
    elements.push_back(needed);
    return static_cast<std::uint32_t>(elements.size() - 1);
  }
  const auto best = std::ranges::min_element(idle, {}, [&](std::uint32_t buffer) {
    return elements[buffer] >= needed ? elements[buffer] - needed : needed - elements[buffer];
  });
  const std::uint32_t buffer = *best;
  idle.erase(best);
  elements[buffer] = std::max(elements[buffer], needed);
  return buffer;
}

std::uint64_t BufferPlan::bytes() const {
  std::uint64_t total = 0;
  for (const std::size_t count : elements) total += count * sizeof(float);
  return total;
}

/// A step while it runs.
struct CpuPlan::Running {
  const Step& step;
  std::uint32_t contextLength;
  std::vector<std::uint32_t> wantedTokens;  ///< (R), indices into the step
  std::vector<TapRegion> regions;           ///< by capture
  std::vector<RowEdit> edits;               ///< by edit of the step
  StepResult result;
  Reservation captureMemory;
  StepTiming* timing = nullptr;  ///< where each node's time is added, when it is asked for
};

Result<std::unique_ptr<Plan>> CpuPlan::create(const Graph& graph, const WeightTable& weights,
                                              std::shared_ptr<CpuCache> cache, const PlanOptions& options,
                                              ThreadPool& pool, Ledger& ledger) {
  std::unique_ptr<CpuPlan> plan(
      new CpuPlan(graph, weights, std::move(cache), options.maxTokens, pool, ledger));
  plan->m_reservation =
      TRY(ledger.reserve(MemoryClass::scratch, plan->m_bufferPlan.bytes(), "the buffers of a step"));
  for (const std::size_t elements : plan->m_bufferPlan.elements) plan->m_buffers.emplace_back(elements);
  return std::unique_ptr<Plan>(std::move(plan));
}

CpuPlan::CpuPlan(const Graph& graph, const WeightTable& weights, std::shared_ptr<CpuCache> cache,
                 std::uint32_t maxTokens, ThreadPool& pool, Ledger& ledger)
    : m_graph(graph),
      m_weightOwners(weights),
      m_cache(std::move(cache)),
      m_maxTokens(maxTokens),
      m_pool(pool),
      m_ledger(ledger),
      m_bufferPlan(m_graph, maxTokens) {
  for (const auto& weight : weights) m_weights.push_back(static_cast<const CpuTensor*>(weight.get()));
}

Result<void> CpuPlan::submit(const Step& step) {
  TRY(checkStep(step, m_graph, m_cache->shape(), m_maxTokens));
  Running running{step, contextLength(step), {}, {}, {}, {}, {}, m_timing};
  for (std::uint32_t t = 0; t < step.tokens.size(); ++t)
    if (step.wantLogits[t] != 0) running.wantedTokens.push_back(t);
  TRY(startCaptures(running));
  for (const Edit& edit : step.edits) running.edits.emplace_back(m_graph, edit);
  runTokens(running);
  TRY(runWanted(running));
  m_done.push_back(std::move(running.result));
  return {};
}

Result<StepResult> CpuPlan::wait() {
  if (m_done.empty()) return fail(ErrorKind::usage, "no step was submitted to wait for");
  StepResult result = std::move(m_done.front());
  m_done.pop_front();
  return result;
}

NodeRun CpuPlan::prepare(const Running& running, const Node& node, std::size_t rows,
                         std::span<const std::uint32_t> picked) const {
  const auto buffer = [this](ValueId value) {
    return const_cast<float*>(m_buffers[m_bufferPlan.bufferOf[value]].data());
  };
  NodeRun run{.graph = m_graph,
              .node = node,
              .step = running.step,
              .rows = rows,
              .pickedTokens = picked,
              .pool = m_pool};
  for (std::size_t i = 0; i < node.inputs.size(); ++i) run.inputs[i] = buffer(node.inputs[i]);
  for (std::size_t i = 0; i < node.weights.size(); ++i)
    run.weights[i] = node.weights[i] == kNone ? nullptr : m_weights[node.weights[i]];
  run.output = buffer(node.output);
  run.cache = m_cache.get();
  return run;
}

/// Makes room for all captures before anything runs.
Result<void> CpuPlan::startCaptures(Running& running) const {
  std::uint64_t bytes = 0;
  const StepExtent extent{static_cast<std::uint32_t>(running.step.tokens.size()),
                          static_cast<std::uint32_t>(running.wantedTokens.size()), running.contextLength};
  for (const Tap& tap : running.step.taps) {
    running.regions.push_back(regionOf(m_graph, tap, extent));
    running.result.captures.push_back({tap.value, running.regions.back().shape, {}});
    bytes += running.regions.back().elements * sizeof(float);
  }
  running.captureMemory = TRY(m_ledger.reserve(MemoryClass::capture, bytes, "the captured values"));
  for (std::size_t i = 0; i < running.regions.size(); ++i)
    running.result.captures[i].data.resize(running.regions[i].elements);
  return {};
}

/// Changes what a node has just computed; row i is token firstRow + i of the step, or of the wanted ones.
void CpuPlan::edit(const Running& running, const NodeRun& run, std::size_t firstRow) const {
  const std::size_t width = rowElements(run.outputShape());
  const bool wanted = isWantedRows(m_graph, run.node.output);
  for (std::size_t i = 0; i < running.edits.size(); ++i) {
    if (running.step.edits[i].value != run.node.output) continue;
    for (std::size_t row = 0; row < run.rows; ++row) {
      const std::size_t token = wanted ? running.wantedTokens[firstRow + row] : firstRow + row;
      if (!running.step.editMeets(i, token)) continue;
      running.edits[i].apply(run.output + row * width,
                             static_cast<std::uint32_t>(running.step.positions[token]));
    }
  }
}

/// Copies what a node has just computed, before its buffer is used again.
void CpuPlan::capture(Running& running, const NodeRun& run, std::size_t firstRow) const {
  const std::size_t width = rowElements(run.outputShape());
  for (std::size_t i = 0; i < running.regions.size(); ++i) {
    Capture& capture = running.result.captures[i];
    const TapRegion& region = running.regions[i];
    const Value& value = m_graph.values[capture.value];
    if (&m_graph.nodes[value.node] != &run.node) continue;
    if (value.onDemand) {
      attentionWeights(run, value.name.ends_with(".pattern"), region, running.contextLength, capture.data);
      continue;
    }
    const std::size_t end = std::min<std::size_t>(firstRow + run.rows, region.firstRow + region.rows);
    for (std::size_t row = std::max<std::size_t>(firstRow, region.firstRow); row < end; ++row)
      std::copy_n(run.output + (row - firstRow) * width + region.rowOffset(), region.rowCount(),
                  capture.data.begin() + (row - region.firstRow) * region.rowCount());
  }
}

/// Bytes that a node has to move at least: its weights, or the rows it picks of them, its part of the cache,
/// the values it reads and writes.
std::uint64_t CpuPlan::bytesOf(const Running& running, const NodeRun& run) const {
  std::uint64_t bytes = run.rows * rowElements(run.outputShape()) * sizeof(float);
  for (std::size_t i = 0; i < run.node.inputs.size(); ++i)
    bytes += run.rows * rowElements(run.inputShape(i)) * sizeof(float);
  for (const CpuTensor* weight : run.weights)
    if (weight)
      bytes +=
          run.node.op == Op::embed ? run.rows * weight->info.bytes / weight->info.rows() : weight->info.bytes;
  const CacheShape& cache = m_cache->shape();
  if (isAttention(run.node.op))
    bytes += cache.bytes() / cache.layers / cache.pages / kPageCells * running.contextLength;
  return bytes;
}

void CpuPlan::runNode(Running& running, const NodeRun& run, std::size_t firstRow) const {
  const auto start = std::chrono::steady_clock::now();
  kernelFor(run.node.op)(run);
  if (running.timing) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::string kind = m_graph.values[run.node.output].name;
    if (const std::string prefix = concat("blk.", run.node.layer, "."); kind.starts_with(prefix))
      kind.erase(0, prefix.size());
    auto& ops = running.timing->ops;
    auto op = std::ranges::find(ops, kind, &OpTiming::kind);
    if (op == ops.end()) op = ops.insert(op, {.kind = kind, .launches = 0, .seconds = 0, .bytes = 0});
    ++op->launches;
    op->seconds += took.count();
    op->bytes += bytesOf(running, run);
  }
  edit(running, run, firstRow);
  capture(running, run, firstRow);
}

Result<StepTiming> CpuPlan::time(const Step& step) {
  if (!m_done.empty()) return fail(ErrorKind::usage, "a step is in flight; wait for it first");
  StepTiming timing;
  m_timing = &timing;
  const auto start = std::chrono::steady_clock::now();
  const auto submitted = submit(step);
  m_timing = nullptr;
  TRY(submitted);
  TRY(wait());
  timing.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return timing;
}

void CpuPlan::runTokens(Running& running) const {
  for (const Node& node : m_graph.nodes) {
    if (isWantedRows(m_graph, node.output)) continue;
    const NodeRun run = prepare(running, node, running.step.tokens.size(), {});
    runNode(running, run, 0);
  }
}

Result<void> CpuPlan::runWanted(Running& running) const {
  const std::span<const std::uint32_t> wanted = running.wantedTokens;
  for (std::size_t first = 0; first < wanted.size(); first += kLogitRows) {
    const auto batch = wanted.subspan(first, std::min<std::size_t>(kLogitRows, wanted.size() - first));
    for (const Node& node : m_graph.nodes) {
      if (!isWantedRows(m_graph, node.output)) continue;
      const NodeRun run = prepare(running, node, batch.size(), batch);
      runNode(running, run, first);
    }
    TRY(readLogits(running, first, batch.size()));
  }
  return {};
}

Result<void> CpuPlan::readLogits(Running& running, std::size_t firstRow, std::size_t rows) const {
  const float* logits = m_buffers[m_bufferPlan.bufferOf[m_graph.logits()]].data();
  for (std::size_t row = 0; row < rows; ++row) {
    const std::span<const float> values(logits + row * m_graph.vocabulary, m_graph.vocabulary);
    LogitRow summary = TRY(summarize(values));
    if (!running.step.targets.empty()) summary.targetLogit = values[running.step.targets[firstRow + row]];
    if (running.step.fullLogits) summary.logits.assign(values.begin(), values.end());
    running.result.rows.push_back(std::move(summary));
  }
  return {};
}

}  // namespace cutaway
