#include "core/eval/model_table.h"

#include <algorithm>

#include "core/eval/precision_pair.h"

namespace cutaway {
namespace {

double bitsPerWeight(const ModelFile& file) {
  std::uint64_t weights = 0;
  for (const TensorInfo& tensor : file.tensors) weights += tensor.elements();
  return 8 * static_cast<double>(storedBytes(file)) / static_cast<double>(std::max<std::uint64_t>(weights, 1));
}

}  // namespace

Result<std::unique_ptr<ModelTable>> ModelTable::create(std::shared_ptr<Backend> backend, std::vector<Source> sources,
                                                       std::vector<TokenId> tokens, const ModelTableOptions& options) {
  if (sources.empty()) return fail(ErrorKind::usage, "a table needs a model");
  auto first = TRY(sources.front().describe());
  TRY(windowedText(*first->tokenizer, options.windows.context, tokens, options.windows));
  std::unique_ptr<ModelTable> table(new ModelTable(std::move(backend), std::move(sources), std::move(tokens), options));
  table->m_description = std::move(first);
  return table;
}

ModelTable::ModelTable(std::shared_ptr<Backend> backend, std::vector<Source> sources, std::vector<TokenId> tokens,
                       const ModelTableOptions& options)
    : m_backend(std::move(backend)), m_sources(std::move(sources)), m_tokens(std::move(tokens)), m_options(options) {}

Result<void> ModelTable::load() {
  m_rows.push_back({});
  row().name = m_sources[m_next].name;
  if (!m_description) m_description = TRY(m_sources[m_next].describe());
  const auto& description = m_description;
  row().fileBytes = isSimulated(description->file) ? storedBytes(description->file) : description->file.bytes();
  row().bitsPerWeight = bitsPerWeight(description->file);
  const std::uint64_t before = m_backend->ledger().used();
  const auto model = TRY(loadModel(description, m_backend));
  row().loadSeconds = model->loadSeconds;
  const std::uint32_t context = std::max(m_options.windows.context, benchContext(m_options.bench) + 1);
  const SessionOptions options{.context = context, .cacheFormat = m_options.cacheFormat};
  auto session = TRY(Session::create(model, options));
  row().memory = m_backend->ledger().used() - before;
  if (!m_reference) {
    SessionOptions other = options;
    other.cacheFormat = options.cacheFormat == FormatId::f32 ? FormatId::f16 : FormatId::f32;
    m_reference = std::move(session);
    session = TRY(Session::create(model, other));
  }
  m_other = std::move(session);
  ComparisonOptions comparison;
  comparison.windows = m_options.windows;
  comparison.layers = false;
  comparison.places = m_options.places;
  m_comparison = TRY(Comparison::create(*m_reference, *m_other, m_tokens, comparison));
  m_stage = Stage::compare;
  return {};
}

void ModelTable::takeComparison() {
  row().divergence = m_comparison->statistics();
  row().perplexity = m_next == 0 ? row().divergence.perplexityA : row().divergence.perplexityB;
  m_comparison.reset();
}

/// False when the model's row is complete.
Result<bool> ModelTable::stepStage() {
  Session* const session = m_next == 0 ? m_reference.get() : m_other.get();  // none before the model is loaded
  switch (m_stage) {
    case Stage::load: TRY(load()); return true;
    case Stage::compare:
      if (TRY(m_comparison->step())) return true;
      takeComparison();
      if (m_next == 0) m_other.reset();
      m_bench.emplace(*session, m_options.bench);
      m_stage = Stage::bench;
      return true;
    case Stage::bench: {
      if (TRY(m_bench->step())) return true;
      const BenchResult speed = m_bench->result();
      row().promptRate = speed.promptRate;
      row().generateRate = speed.generateRate;
      row().timeToFirstToken = m_options.bench.prompt / speed.promptRate;
      m_bench.reset();
      if (m_options.sampleOf.empty()) return false;
      GenerationOptions options;
      options.sampler.temperature = 0;
      options.maxTokens = m_options.sampleTokens;
      m_sample.emplace(*session, m_options.sampleOf, options);
      m_stage = Stage::sample;
      return true;
    }
    case Stage::sample: break;
  }
  const bool more = TRY(m_sample->step()) != Generation::State::done;
  for (const TokenEvent& event : m_sample->takeEvents()) row().sample += event.text;
  return more;
}

void ModelTable::endModel() {
  m_comparison.reset();
  m_bench.reset();
  m_sample.reset();
  m_other.reset();
  m_description.reset();
  m_stage = Stage::load;
  ++m_next;
}

Result<bool> ModelTable::step() {
  if (m_next == m_sources.size()) return false;
  const auto more = stepStage();
  if (more && *more) return true;
  if (!more) {
    if (m_next == 0) return std::unexpected(more.error());
    row().problem = more.error().message;
  }
  endModel();
  return m_next < m_sources.size();
}

double ModelTable::progress() const {
  double part = 0;
  if (m_comparison) {
    const auto planned = std::min<double>(static_cast<double>(m_comparison->plannedPlaces()), static_cast<double>(m_options.places));
    part = 0.8 * std::min(1.0, static_cast<double>(m_comparison->places().size()) / std::max(planned, 1.0));
  }
  if (m_stage == Stage::bench || m_stage == Stage::sample) part = 0.8;
  return (static_cast<double>(m_next) + part) / static_cast<double>(m_sources.size());
}

}  // namespace cutaway
