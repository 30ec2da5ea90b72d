#include "core/convert/int8_activations.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/graph/slice.h"

namespace cutaway {
namespace {

constexpr float kLevels = 127;

std::string streamName(std::uint32_t layer) { return layer == 0 ? std::string("embed") : concat("blk.", layer - 1, ".resid_post"); }

/// Those of the candidates that the wanted value is computed from directly, without passing through another one.
std::vector<ValueId> givenFor(const Graph& graph, ValueId wanted, std::span<const ValueId> candidates) {
  std::vector<ValueId> given, open = {wanted};
  std::vector<bool> seen(graph.values.size());
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    if (seen[static_cast<std::size_t>(value)]) continue;
    seen[static_cast<std::size_t>(value)] = true;
    if (value != wanted && std::ranges::find(candidates, value) != candidates.end()) {
      given.push_back(value);
      continue;
    }
    for (const ValueId input : graph.nodes[static_cast<std::size_t>(graph.values[static_cast<std::size_t>(value)].node)].inputs) open.push_back(input);
  }
  return given;
}

/// To 8 bits and back, with the scale that makes `largest` the last level.
void roundTo(float largest, std::span<float> values) {
  if (largest == 0) return;
  const float scale = largest / kLevels;
  for (float& value : values) value = scale * std::clamp(std::nearbyint(value / scale), -kLevels, kLevels);
}

float largestOf(std::span<const float> values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

}  // namespace

Result<ActivationStudy> ActivationStudy::create(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend, std::vector<TokenId> text,
                                                std::uint32_t chunkTokens, ActivationScale scale, ActivationRanges ranges) {
  if (text.size() < 2) return fail(ErrorKind::badInput, "a text of ", text.size(), " tokens; expected 2 at least, and better some thousand");
  ActivationStudy study(std::move(model), std::move(backend));
  const ModelDescription& description = *study.m_model;
  study.m_chunkTokens = std::max(2u, std::min(chunkTokens, description.config().contextLength));
  study.m_scale = scale;
  study.m_ranges = std::move(ranges);
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

Result<ActivationStudy::Stage> ActivationStudy::makeStage(ValueId wanted, std::span<const ValueId> candidates, std::shared_ptr<CacheStorage> cache) {
  const Graph& whole = m_model->graph();
  const std::vector<ValueId> given = givenFor(whole, wanted, candidates);
  Slice slice = TRY(cutSlice(whole, given, {&wanted, 1}, SliceCache::write));
  Stage stage{std::move(slice.graph), {}, {}, slice.ofWhole[static_cast<std::size_t>(wanted)], nullptr};
  for (const ValueId input : slice.inputs) {
    stage.given.push_back(input);
    stage.ofWhole.push_back(slice.inWhole[static_cast<std::size_t>(input)]);
  }
  stage.graph.layers = 1;  // a cache for one layer serves them all, one after the other
  for (Node& node : stage.graph.nodes)
    if (auto* attention = std::get_if<AttentionAttributes>(&node.attributes)) attention->layer = 0;
  const auto weights = TRY(m_backend->upload(m_model->file, stage.graph, {}, {}));
  stage.plan = TRY(m_backend->compile(stage.graph, weights, std::move(cache), {.maxTokens = m_chunkTokens}));
  return stage;
}

Result<void> ActivationStudy::beginLayer() {
  const Graph& whole = m_model->graph();
  m_stages.clear();
  m_chunk = 0;
  const std::uint32_t pages = (m_chunkTokens + kPageCells - 1) / kPageCells;
  const auto cache = TRY(m_backend->createCache({1, whole.keyValueHeads, whole.headWidth, pages, FormatId::f32}));
  std::vector<ValueId> known = {whole.find(streamName(m_layer))};
  if (m_layer == whole.layers) {
    auto stage = TRY(makeStage(whole.logits(), known, cache));
    m_stages.push_back(std::move(stage));
    return {};
  }
  m_inputs = sharedInputs(whole, m_layer);
  m_sums.assign(m_inputs.size(), {});
  for (std::size_t i = 0; i <= m_inputs.size(); ++i) {
    const std::string name = i < m_inputs.size() ? m_inputs[i].value : "resid_post";
    const ValueId wanted = whole.find(concat("blk.", m_layer, ".", name));
    auto stage = TRY(makeStage(wanted, known, cache));
    m_stages.push_back(std::move(stage));
    known.push_back(wanted);
    if (i < m_inputs.size()) m_sums[i].largest.resize(m_inputs[i].columns);
  }
  return {};
}

Result<StepResult> ActivationStudy::run(Stage& stage, const Chunk& chunk, const std::map<ValueId, std::vector<float>>& values, bool logits) {
  const std::size_t count = chunk.tokens.size();
  std::vector<std::int32_t> positions(count), pages((count + kPageCells - 1) / kPageCells);
  std::iota(positions.begin(), positions.end(), 0);
  std::iota(pages.begin(), pages.end(), 0);
  const std::vector<std::int32_t> sequences(count);
  std::vector<std::uint8_t> wantLogits(count, logits ? 1 : 0);
  wantLogits.back() = 0;  // nothing follows it
  std::vector<StepInput> inputs;
  for (std::size_t i = 0; i < stage.given.size(); ++i) inputs.push_back({stage.given[i], values.at(stage.ofWhole[i])});
  const Tap tap{.value = stage.wanted};
  Step step;
  step.tokens = chunk.tokens;
  step.positions = positions;
  step.sequences = sequences;
  step.wantLogits = wantLogits;
  step.pages = pages;
  step.pagesPerSequence = static_cast<std::uint32_t>(pages.size());
  step.inputs = inputs;
  if (logits)
    step.targets = std::span(chunk.tokens).subspan(1);
  else
    step.taps = {&tap, 1};
  return stage.plan->run(step);
}

void ActivationStudy::roundValue(std::size_t input, std::vector<float>& rows) {
  Sums& sums = m_sums[input];
  const std::size_t width = m_inputs[input].columns;
  const auto known = m_ranges.find(concat("blk.", m_layer, ".", m_inputs[input].value));
  std::vector<float> before(width);
  for (std::size_t at = 0; at + width <= rows.size(); at += width) {
    const auto row = std::span(rows).subspan(at, width);
    for (std::size_t i = 0; i < width; ++i) sums.largest[i] = std::max(sums.largest[i], std::abs(row[i]));
    std::ranges::copy(row, before.begin());
    if (m_scale == ActivationScale::dynamic) roundTo(largestOf(row), row);
    if (m_scale == ActivationScale::fixed && known != m_ranges.end()) roundTo(known->second, row);
    for (std::size_t i = 0; i < width; ++i) {
      const double error = double{row[i]} - double{before[i]};
      sums.squares += double{before[i]} * double{before[i]};
      sums.squaredError += error * error;
    }
  }
}

Result<void> ActivationStudy::runChunk() {
  const Graph& whole = m_model->graph();
  Chunk& chunk = m_chunks[m_chunk];
  std::map<ValueId, std::vector<float>> values;
  values[whole.find(streamName(m_layer))] = std::move(chunk.stream);
  for (std::size_t i = 0; i < m_stages.size(); ++i) {
    StepResult result = TRY(run(m_stages[i], chunk, values, false));
    std::vector<float>& rows = result.captures.front().data;
    if (i == m_inputs.size()) {
      chunk.stream = std::move(rows);
      break;
    }
    roundValue(i, rows);
    values[whole.find(concat("blk.", m_layer, ".", m_inputs[i].value))] = std::move(rows);
  }
  return {};
}

Result<void> ActivationStudy::score() {
  Chunk& chunk = m_chunks[m_chunk];
  std::map<ValueId, std::vector<float>> values;
  values[m_model->graph().find(streamName(m_layer))] = std::move(chunk.stream);
  const StepResult result = TRY(run(m_stages.front(), chunk, values, true));
  for (const LogitRow& row : result.rows) m_losses.push_back(row.logSumExp - row.targetLogit);
  return {};
}

void ActivationStudy::report() {
  for (std::size_t i = 0; i < m_inputs.size(); ++i) {
    const Sums& sums = m_sums[i];
    ActivationReport report{m_layer, concat("blk.", m_layer, ".", m_inputs[i].value), m_inputs[i].columns, largestOf(sums.largest), 0, 0, {}};
    if (sums.squares > 0) report.relativeError = std::sqrt(sums.squaredError / sums.squares);
    std::vector<float> sorted = sums.largest;
    std::ranges::nth_element(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2));
    const double median = double{sorted[sorted.size() / 2]};
    for (std::uint32_t channel = 0; channel < report.columns && median > 0; ++channel)
      if (const double ratio = double{sums.largest[channel]} / median; ratio >= ActivationReport::kOutlierRatio) report.outliers.push_back({channel, sums.largest[channel], ratio});
    report.outlierCount = report.outliers.size();
    std::ranges::sort(report.outliers, std::ranges::greater(), &OutlierChannel::ratio);
    if (report.outliers.size() > ActivationReport::kShown) report.outliers.resize(ActivationReport::kShown);
    m_reports.push_back(std::move(report));
  }
}

Result<bool> ActivationStudy::step() {
  const std::uint32_t layers = m_model->graph().layers;
  if (m_layer > layers) return false;
  TRY(m_layer == layers ? score() : runChunk());
  if (++m_chunk < m_chunks.size()) return true;
  if (m_layer < layers) report();
  if (m_layer++ == layers) return false;
  TRY(beginLayer());
  return true;
}

double ActivationStudy::progress() const {
  const double layers = m_model->graph().layers + 1.0;
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
  for (const ActivationReport& report : m_reports) ranges[report.value] = report.largest;
  return ranges;
}

}  // namespace cutaway
