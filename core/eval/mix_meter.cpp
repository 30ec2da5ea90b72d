#include "core/eval/mix_meter.h"

#include <algorithm>
#include <numeric>

#include "core/eval/comparison.h"
#include "core/graph/slice.h"
#include "core/run/chunking.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kRowBytes = std::uint64_t{64} << 20;  ///< of one step's logits and states
constexpr std::uint32_t kMostTokens = 256;

}  // namespace

struct MixMeter::Bound {
  Slice slice;
  WeightTable weights;  ///< of the slice
  std::unique_ptr<Plan> plan;
  ChunkPlanner chunks;
};

MixMeter::MixMeter(std::shared_ptr<const PrecisionPair> pair, WindowedText text, const Options& options)
    : m_pair(std::move(pair)),
      m_text(std::move(text)),
      m_options(options),
      m_vocabulary(sharedVocabulary(*m_pair->a()->description, *m_pair->b()->description)) {
  const Graph& graph = m_pair->graph();
  const std::uint64_t row = sizeof(float) * (graph.vocabulary + (graph.layers + 1) * std::uint64_t{graph.width});
  m_mostTokens = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(kRowBytes / row, 1, std::min(kMostTokens, options.context)));
  for (const TextWindow& window : m_text.windows) m_allTokens += window.end - window.begin - 1;
}

MixMeter::~MixMeter() = default;

std::uint64_t MixMeter::bytesPerToken(const Graph& graph) {
  return sizeof(float) * (graph.vocabulary + (graph.layers + 1) * std::uint64_t{graph.width});
}

Result<std::unique_ptr<MixMeter>> MixMeter::create(std::shared_ptr<const PrecisionPair> pair,
                                                   std::vector<TokenId> tokens, const Options& options) {
  auto text = TRY(windowedText(*pair->a()->description->tokenizer, options.context, std::move(tokens),
                               {.context = options.context}));
  std::unique_ptr<MixMeter> meter(new MixMeter(std::move(pair), std::move(text), options));
  TRY(meter->allocate());
  return meter;
}

Result<void> MixMeter::allocate() {
  const Graph& graph = m_pair->graph();
  m_stateValues = {graph.find("embed")};
  for (std::uint32_t layer = 0; layer < graph.layers; ++layer)
    m_stateValues.push_back(graph.find(concat("blk.", layer, ".resid_post")));
  if (std::ranges::find(m_stateValues, kNone) != m_stateValues.end())
    return fail(ErrorKind::badInput, "restoring needs the values embed and blk.*.resid_post, which this model has not");
  Backend& backend = *m_pair->b()->backend;
  const std::uint64_t each = bytesPerToken(graph), all = each * m_text.tokens.size();
  if (const std::uint64_t free = backend.ledger().available() / 2; all > free)
    return fail(ErrorKind::outOfMemory, "to keep the inner states and logits of ", m_text.tokens.size(), " tokens takes ",
                formatBytes(all), ", more than half of what is free (", formatBytes(2 * free), "); ", free / each,
                " tokens would fit");
  m_memory = TRY(backend.ledger().reserve(MemoryClass::archive, all, "the kept states and logits"));
  m_cache = TRY(backend.createCache(cacheShape(*m_pair->b()->description, m_options.context, m_options.cacheFormat)));
  m_pages.resize(m_cache->shape().pages);
  std::iota(m_pages.begin(), m_pages.end(), 0);
  m_states.resize(m_stateValues.size() * m_text.tokens.size() * width());
  return {};
}

std::span<float> MixMeter::state(std::size_t index, std::size_t token, std::size_t count) {
  return std::span(m_states).subspan((index * m_text.tokens.size() + token) * width(), count * width());
}

/// Slices are cut once; a plan is made anew only where other weights are bound than the last time.
Result<MixMeter::Bound*> MixMeter::bind(std::int32_t firstLayer, const Mix& mix) {
  auto& bound = m_bound[firstLayer];
  const Graph& graph = m_pair->graph();
  if (!bound) {
    const ValueId logits = graph.logits();
    std::span<const ValueId> given;
    if (firstLayer >= 0) given = std::span(m_stateValues).subspan(firstLayer, 1);
    auto slice = TRY(cutSlice(graph, given, {&logits, 1}, SliceCache::write));
    bound = std::make_unique<Bound>(Bound{std::move(slice), {}, nullptr, ChunkPlanner()});
  }
  const WeightTable all = m_pair->table(mix);
  WeightTable weights;
  for (const WeightId id : bound->slice.weights) weights.push_back(all[id]);
  if (bound->plan && weights == bound->weights) return bound.get();
  bound->plan.reset();
  bound->plan =
      TRY(m_pair->b()->backend->compile(bound->slice.graph, weights, m_cache, {.maxTokens = m_mostTokens}));
  if (bound->weights.empty()) bound->chunks = ChunkPlanner(ChunkPlanner::kFirst, bound->plan->tokenTile());
  bound->weights = std::move(weights);
  return bound.get();
}

Result<bool> MixMeter::prepare() {
  switch (m_stage) {
    case Stage::nothing:
      m_stage = Stage::reference;
      TRY(start(m_pair->allA(), false));
      return true;
    case Stage::reference:
      if (TRY(step())) return true;
      m_stage = Stage::coarse;
      TRY(start(m_pair->allB(), true));
      return true;
    case Stage::coarse:
      if (TRY(step())) return true;
      m_stage = Stage::ready;
      m_placesOfB = m_places;
      return false;
    case Stage::ready: break;
  }
  return false;
}

Result<void> MixMeter::begin(Mix mix, bool keep) {
  if (m_stage != Stage::ready) return fail(ErrorKind::usage, "the text was not read yet: call prepare() to its end");
  return start(std::move(mix), keep);
}

Result<void> MixMeter::start(Mix mix, bool keep) {
  m_running = false;
  m_first = m_valid < 0 ? -1 : std::min(m_pair->firstLayer(m_base, mix), m_valid);
  TRY(bind(m_first, mix));
  m_mix = std::move(mix);
  m_keep = keep;
  if (keep) m_valid = std::min(m_valid, m_first);  // what comes behind is overwritten
  m_window = m_begin = 0;
  m_done = 0;
  m_places.clear();
  m_running = true;
  return {};
}

Result<StepResult> MixMeter::runChunk(Bound& bound, std::uint32_t count) {
  const std::size_t token = m_text.windows[m_window].begin + m_begin;
  std::vector<std::int32_t> positions(count);
  std::iota(positions.begin(), positions.end(), static_cast<std::int32_t>(m_begin));
  const std::vector<std::int32_t> sequences(count);
  const std::vector<std::uint8_t> every(count, 1);
  std::vector<StepInput> inputs;
  for (const ValueId value : bound.slice.inputs) inputs.push_back({value, state(m_first, token, count)});
  std::vector<Tap> taps;
  if (m_keep)
    for (std::size_t i = m_first + 1; i < m_stateValues.size(); ++i)
      taps.push_back({.value = bound.slice.ofWhole[m_stateValues[i]]});
  return bound.plan->run({.tokens = std::span(m_tokens).subspan(m_begin, count),
                          .positions = positions,
                          .sequences = sequences,
                          .wantLogits = every,
                          .pages = m_pages,
                          .pagesPerSequence = static_cast<std::uint32_t>(m_pages.size()),
                          .targets = {},
                          .fullLogits = true,
                          .taps = taps,
                          .edits = {},
                          .inputs = inputs});
}

Result<bool> MixMeter::step() {
  if (!m_running) return false;
  if (m_begin == 0) m_tokens = m_text.read(m_text.windows[m_window]);
  Bound& bound = *TRY(bind(m_first, m_mix));
  const std::size_t left = m_tokens.size() - 1 - m_begin;
  const std::uint32_t count = static_cast<std::uint32_t>(
      std::min<std::size_t>(bound.chunks.tokensFor(m_options.budget, m_mostTokens), left));
  const auto begin = std::chrono::steady_clock::now();
  const StepResult result = TRY(runChunk(bound, count));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  bound.chunks.record(count, took.count());
  takeRows(result);
  if (m_keep) takeStates(result, m_text.windows[m_window].begin + m_begin, count);
  m_begin += count;
  m_done += count;
  if (m_begin + 1 < m_tokens.size()) return true;
  m_begin = 0;
  if (++m_window < m_text.windows.size()) return true;
  m_running = false;
  if (m_keep) {
    m_base = m_mix;
    m_valid = static_cast<std::int32_t>(m_stateValues.size()) - 1;
  }
  return false;
}

void MixMeter::takeRows(const StepResult& result) {
  const auto logits = [&](std::size_t row) { return std::span(result.rows[row].logits).first(m_vocabulary); };
  if (m_stage == Stage::reference) {
    for (std::size_t row = 0; row < result.rows.size(); ++row)
      m_reference.insert(m_reference.end(), logits(row).begin(), logits(row).end());
    return;
  }
  const std::size_t first = m_places.size();
  m_places.resize(first + result.rows.size());
  m_pool->parallelFor(result.rows.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const auto reference = std::span<const float>(m_reference).subspan((first + row) * m_vocabulary, m_vocabulary);
      m_places[first + row] = divergenceOf(reference, logits(row), m_tokens[m_begin + row + 1]);
    }
  });
}

void MixMeter::takeStates(const StepResult& result, std::size_t token, std::size_t count) {
  for (std::size_t i = 0; i < result.captures.size(); ++i)
    std::ranges::copy(result.captures[i].data, state(m_first + 1 + i, token, count).begin());
}

double MixMeter::progress() const {
  return m_running ? static_cast<double>(m_done) / static_cast<double>(m_allTokens) : 1;
}

Result<DivergenceStatistics> MixMeter::measure(Mix mix, bool keep) {
  TRY(begin(std::move(mix), keep));
  while (TRY(step())) {
  }
  return statisticsOf(m_places);
}

}  // namespace cutaway
