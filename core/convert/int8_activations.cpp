#include "core/convert/int8_activations.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/graph/layout.h"

namespace cutaway {
namespace {

constexpr std::uint32_t kChunkTokens = 512;  ///< of a calibration

std::string streamName(std::uint32_t layer) { return layer == 0 ? std::string("embed") : concat("blk.", layer - 1, ".resid_post"); }

}  // namespace

Result<ActivationStudy> ActivationStudy::create(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend,
                                                std::vector<TokenId> text, std::uint32_t chunkTokens, ActivationRounding rounding) {
  if (text.size() < 2) return fail(ErrorKind::badInput, "a text of ", text.size(), " tokens; expected 2 at least, and better some thousand");
  if (model->activations.scale != ActivationScale::none)
    return fail(ErrorKind::usage, "the activations of ", model->name, " are rounded already");
  ActivationStudy study(std::move(model), std::move(backend));
  const ModelDescription& description = *study.m_model;
  study.m_graph = TRY(roundInputs(description.graph(), rounding));
  study.m_everything = rounding.everything;
  study.m_chunkTokens = std::max(2u, std::min(chunkTokens, description.config().contextLength));
  const TensorInfo& table = *description.file.find("token_embd.weight");
  const NumberFormat& format = numberFormat(table.format);
  const SharedBytes bytes = description.file.data(table);
  const std::uint64_t width = description.graph().width, rowBytes = format.bytesFor(width);
  for (std::size_t begin = 0; begin + 1 < text.size(); begin += study.m_chunkTokens) {
    const std::size_t count = std::min<std::size_t>(study.m_chunkTokens, text.size() - begin);
    Chunk chunk{{text.begin() + static_cast<std::ptrdiff_t>(begin), text.begin() + static_cast<std::ptrdiff_t>(begin + count)}, std::vector<float>(count * width)};
    for (std::size_t i = 0; i < count; ++i)
      format.decode(bytes.bytes.subspan(static_cast<std::uint64_t>(chunk.tokens[i]) * rowBytes, rowBytes), std::span(chunk.stream).subspan(i * width, width));
    study.m_chunks.push_back(std::move(chunk));
  }
  TRY(study.beginLayer());
  return study;
}

Result<void> ActivationStudy::makeStage(ValueId wanted) {
  const ValueId given = m_graph.find(streamName(m_layer));
  m_slice = TRY(cutSlice(m_graph, {&given, 1}, {&wanted, 1}, SliceCache::write));
  Graph& graph = m_slice.graph;
  graph.layers = 1;  // a cache for one layer serves them all, one after the other
  for (Node& node : graph.nodes)
    if (auto* attention = std::get_if<AttentionAttributes>(&node.attributes)) attention->layer = 0;
  const std::uint32_t pages = (m_chunkTokens + kPageCells - 1) / kPageCells;
  auto cache = TRY(m_backend->createCache({1, graph.keyValueHeads, graph.headWidth, pages, FormatId::f32}));
  const auto weights = TRY(m_backend->upload(m_model->file, graph, {}, {}));
  m_plan = TRY(m_backend->compile(graph, weights, std::move(cache), {.maxTokens = m_chunkTokens}));
  return {};
}

Result<void> ActivationStudy::beginLayer() {
  const bool isLast = m_layer == m_graph.layers;
  m_plan.reset();
  m_inputs.clear();
  m_chunk = 0;
  TRY(makeStage(isLast ? m_graph.logits() : m_graph.find(streamName(m_layer + 1))));
  if (isLast && !m_everything) return {};
  for (const ValueId before : matrixInputs(m_graph, isLast ? kNone : static_cast<std::int32_t>(m_layer))) {
    const Value& value = m_graph.values[static_cast<std::size_t>(before)];
    const ValueId after = m_graph.find(value.name + kRoundedSuffix);
    m_inputs.push_back({before, after == kNone ? before : after, ChannelStatistics(layoutOf(m_graph, before).rowElements())});
  }
  return {};
}

Result<StepResult> ActivationStudy::run(Chunk& chunk) {
  const bool isLast = m_layer == m_graph.layers;
  const std::size_t count = chunk.tokens.size();
  std::vector<std::int32_t> positions(count), pages((count + kPageCells - 1) / kPageCells);
  std::iota(positions.begin(), positions.end(), 0);
  std::iota(pages.begin(), pages.end(), 0);
  const std::vector<std::int32_t> sequences(count);
  std::vector<std::uint8_t> wantLogits(count, isLast ? 1 : 0);
  wantLogits.back() = 0;  // nothing follows it
  const StepInput input{m_slice.inputs.front(), chunk.stream};
  const auto inSlice = [&](ValueId value) { return m_slice.ofWhole[static_cast<std::size_t>(value)]; };
  std::vector<Tap> taps;
  for (const Input& one : m_inputs)
    for (const ValueId value : {one.before, one.after}) taps.push_back({.value = inSlice(value)});
  if (!isLast) taps.push_back({.value = inSlice(m_graph.find(streamName(m_layer + 1)))});
  Step step;
  step.tokens = chunk.tokens;
  step.positions = positions;
  step.sequences = sequences;
  step.wantLogits = wantLogits;
  step.pages = pages;
  step.pagesPerSequence = static_cast<std::uint32_t>(pages.size());
  step.inputs = {&input, 1};
  step.taps = taps;
  if (isLast) step.targets = std::span(chunk.tokens).subspan(1);
  return m_plan->run(step);
}

Result<void> ActivationStudy::runChunk() {
  Chunk& chunk = m_chunks[m_chunk];
  StepResult result = TRY(run(chunk));
  for (std::size_t i = 0; i < m_inputs.size(); ++i)
    m_inputs[i].statistics.add(result.captures[2 * i].data, result.captures[2 * i + 1].data);
  for (const LogitRow& row : result.rows) m_losses.push_back(row.logSumExp - row.targetLogit);
  if (m_layer < m_graph.layers) chunk.stream = std::move(result.captures.back().data);
  return {};
}

Result<bool> ActivationStudy::step() {
  if (m_layer > m_graph.layers) return false;
  TRY(runChunk());
  if (++m_chunk < m_chunks.size()) return true;
  for (const Input& input : m_inputs) m_reports.push_back(input.statistics.report(m_graph.values[static_cast<std::size_t>(input.before)].name));
  if (m_layer++ == m_graph.layers) return false;
  TRY(beginLayer());
  return true;
}

double ActivationStudy::progress() const {
  const double layers = m_graph.layers + 1.0;
  return std::min(1.0, (m_layer + static_cast<double>(m_chunk) / static_cast<double>(m_chunks.size())) / layers);
}

double ActivationStudy::loss() const {
  return std::accumulate(m_losses.begin(), m_losses.end(), 0.0) / static_cast<double>(m_losses.size());
}

double ActivationStudy::standardError() const {
  const double mean = loss(), count = static_cast<double>(m_losses.size());
  double squares = 0;
  for (const float one : m_losses) squares += (double{one} - mean) * (double{one} - mean);
  return std::sqrt(squares / std::max(count - 1, 1.0) / count);
}

ActivationRanges ActivationStudy::ranges() const {
  ActivationRanges ranges;
  for (const ChannelReport& report : m_reports) ranges[report.value] = report.largest;
  return ranges;
}

Result<void> finish(ActivationStudy& study, const StudyProgress& progress) {
  while (TRY(study.step()))
    if (progress && !progress(study.progress())) return fail(ErrorKind::cancelled, "stopped");
  return {};
}

Result<ActivationRanges> measureRanges(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend,
                                       std::vector<TokenId> text, bool everything, const StudyProgress& progress) {
  ActivationStudy study = TRY(ActivationStudy::create(std::move(model), std::move(backend), std::move(text), kChunkTokens,
                                                      {.scale = ActivationScale::none, .everything = everything}));
  TRY(finish(study, progress));
  return study.ranges();
}

}  // namespace cutaway
