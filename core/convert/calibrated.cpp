#include "core/convert/calibrated.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/base/checksum.h"
#include "core/base/utf8.h"
#include "core/convert/journal.h"
#include "core/convert/layer_inputs.h"
#include "core/convert/layer_runner.h"
#include "core/convert/layer_weights.h"

namespace cutaway {
namespace {

bool isInLayer(const TensorInfo& tensor) { return tensor.name.starts_with("blk."); }
/// Of one that is in a layer.
std::uint32_t layerOf(const TensorInfo& tensor) { return static_cast<std::uint32_t>(std::strtoul(tensor.name.c_str() + 4, nullptr, 10)); }

ConversionOutlook outlookOf(const GroupedTarget& target, std::span<const TargetTensor> tensors) {
  ConversionOutlook outlook = target.outlook();
  for (const TargetTensor& tensor : tensors) {
    if (tensor.note.empty()) continue;
    if (++outlook.fallbacks == 1) outlook.fallback = concat(tensor.source->name, ": ", tensor.note);
  }
  return outlook;
}

class Calibrated final : public Conversion {
 public:
  Calibrated(std::shared_ptr<const ModelDescription> model, CalibratedRequest request, std::vector<TargetTensor> tensors,
             std::unique_ptr<GroupedTarget> target, std::unique_ptr<Journal> journal, LayerRunner runner, ThreadPool& pool)
      : m_model(std::move(model)),
        m_request(std::move(request)),
        m_tensors(std::move(tensors)),
        m_target(std::move(target)),
        m_journal(std::move(journal)),
        m_runner(std::move(runner)),
        m_pool(pool),
        m_outlook(outlookOf(*m_target, m_tensors)),
        m_next(m_journal->tensors()),
        m_reports(m_journal->reports()) {
    if (m_next > 0 && isInLayer(*m_tensors[m_next - 1].source)) m_resumedLayers = layerOf(*m_tensors[m_next - 1].source) + 1;
    // Where nothing is read, and where nothing is left to do, finished layers are not looked at again.
    if (m_request.method == GroupedMethod::rtn || m_resumedLayers == m_runner.layers()) m_layer = m_resumedLayers;
    keep(false);
  }

  Result<bool> step() override {
    if (m_phase == Phase::done) return false;
    const WorkClock::Running running(m_clock);
    switch (m_phase) {
      case Phase::outside: TRY(writeOutside()); break;
      case Phase::collect: TRY(collect()); break;
      case Phase::scale: TRY(scaleInput()); break;
      case Phase::round: TRY(roundMatrix()); break;
      case Phase::write: TRY(writeLayer()); break;
      case Phase::advance: TRY(advance()); break;
      case Phase::commit:
        TRY(m_target->commit());
        m_journal->finish();
        m_phase = Phase::done;
        break;
      case Phase::done: break;
    }
    return m_phase != Phase::done;
  }

  ConversionProgress progress() const override {
    const double inLayer = m_stepsOfLayer > 0 ? static_cast<double>(m_stepsDone) / m_stepsOfLayer : 0;
    const double done = m_phase == Phase::done ? 1 : std::min(0.999, (m_layer + std::min(inLayer, 1.0)) / m_runner.layers());
    return {done, m_clock.seconds(), m_phase == Phase::done ? 0 : m_clock.secondsLeft(done), m_doing};
  }
  const std::vector<TensorReport>& reports() const override { return m_reports; }
  const ConversionOutlook& outlook() const override { return m_outlook; }
  void keep(bool keeps) override {
    m_target->keep(keeps);
    m_journal->keep(keeps);
  }
  std::size_t resumedTensors() const override { return m_journal->tensors(); }

 private:
  enum class Phase : std::uint8_t { outside, collect, scale, round, write, advance, commit, done };

  const ModelFile& source() const { return m_model->file; }
  const TargetTensor& targetOf(const std::string& name) const {
    return *std::ranges::find(m_tensors, name, [](const TargetTensor& tensor) -> const std::string& { return tensor.source->name; });
  }

  Result<void> writeOutside() {
    if (m_next == m_tensors.size() || isInLayer(*m_tensors[m_next].source)) return beginLayer();
    const TargetTensor& tensor = m_tensors[m_next++];
    m_doing = tensor.source->name;
    std::vector<float> weights(tensor.source->elements());
    const SharedBytes bytes = source().data(*tensor.source);
    numberFormat(tensor.source->format).decode(bytes.bytes, weights);
    m_reports.push_back(reportOf(*tensor.source, tensor.source->format));
    TRY(m_target->writePlain(tensor, weights));
    return m_journal->add(m_next, m_target->file(), m_reports);
  }

  Result<void> beginLayer() {
    if (m_layer == m_runner.layers()) {
      m_phase = Phase::commit;
      return {};
    }
    m_weights.emplace(source(), m_layer);
    m_inputs = sharedInputs(m_model->graph(), m_layer);
    m_statistics.clear();
    const auto keep = m_request.method == GroupedMethod::awq ? InputStatistics::Keep::samples : InputStatistics::Keep::hessian;
    for (const SharedInput& input : m_inputs) m_statistics.emplace_back(input.columns, m_runner.tokens(), keep);
    m_grouped.clear();
    m_chunk = m_input = m_matrix = m_stepsDone = 0;
    m_stepsOfLayer = 2 * static_cast<double>(m_runner.chunks()) + 8.0 * static_cast<double>(m_inputs.size());
    if (m_layer < m_resumedLayers) return readLayer();
    if (m_layer == m_resumedLayers) m_clock.beginAt(progress().done);
    m_phase = m_request.method == GroupedMethod::rtn ? Phase::round : Phase::collect;
    if (m_phase == Phase::collect) return m_runner.bind(m_layer, source());
    return {};
  }

  /// Of a layer that an earlier run has written: its weights as they are, so that the text can be read on.
  Result<void> readLayer() {
    for (std::size_t i = 0; i < m_tensors.size(); ++i) {
      const TargetTensor& tensor = m_tensors[i];
      if (isInLayer(*tensor.source) && layerOf(*tensor.source) == m_layer && (tensor.isGrouped || tensor.isChanged))
        m_weights->at(tensor.source->name) = TRY(m_target->read(i));
    }
    m_phase = Phase::advance;
    return m_runner.bind(m_layer, m_weights->file(source()));
  }

  Result<void> collect() {
    m_doing = concat("layer ", m_layer, ": reading");
    std::vector<std::string_view> names;
    for (const SharedInput& input : m_inputs) names.push_back(input.value);
    const auto values = TRY(m_runner.run(m_chunk, names));
    for (std::size_t i = 0; i < values.size(); ++i) m_statistics[i].add(values[i], m_pool);
    ++m_stepsDone;
    if (++m_chunk < m_runner.chunks()) return {};
    m_chunk = 0;
    m_phase = m_request.method == GroupedMethod::awq ? Phase::scale : Phase::round;
    m_awqInputs.clear();
    if (m_request.method == GroupedMethod::awq)
      for (InputStatistics& statistics : m_statistics) m_awqInputs.push_back(std::move(statistics).takeAwqInputs());
    return {};
  }

  /// AWQ: scales for one value that matrices share, folded into what makes it.
  Result<void> scaleInput() {
    const SharedInput& input = m_inputs[m_input];
    m_doing = concat("layer ", m_layer, ": scales of ", input.value);
    const auto producers = producersOf(*m_weights, m_layer, input.value, input.columns);
    if (!producers.empty()) {
      GroupedScheme scheme = m_request.scheme;
      scheme.groupSize = targetOf(input.matrices.front()).groupSize;
      std::vector<AwqMatrix> matrices;
      for (const std::string& name : input.matrices)
        matrices.push_back({static_cast<std::uint32_t>(m_weights->info(name).rows()), m_weights->at(name)});
      AwqInputs& seen = m_awqInputs[m_input];
      const AwqScales found = TRY(searchScales(scheme, m_request.awq, seen, matrices, m_pool));
      for (const std::string& name : input.matrices) m_weights->scaleColumns(name, found.scales);
      for (const std::string& name : producers) m_weights->divideRows(name, found.scales);
      for (std::size_t i = 0; i < seen.samples.size(); ++i) seen.samples[i] /= found.scales[i % input.columns];
    }
    m_stepsDone += 2;
    if (++m_input < m_inputs.size()) return {};
    m_input = 0;
    m_phase = Phase::round;
    return {};
  }

  Result<void> roundMatrix() {
    const SharedInput& input = m_inputs[m_input];
    const std::string& name = input.matrices[m_matrix];
    m_doing = name;
    const TensorInfo& info = m_weights->info(name);
    if (targetOf(name).isGrouped) {
      const std::vector<float> before = m_weights->at(name);
      GroupedWeights rounded = TRY(round(input, name, static_cast<std::uint32_t>(info.rows())));
      m_weights->at(name) = rounded.decode();
      report(info, before, m_weights->at(name));
      m_grouped.emplace(name, std::move(rounded));
    } else {
      m_reports.push_back(reportOf(info, targetOf(name).isChanged ? FormatId::f32 : info.format));
    }
    ++m_stepsDone;
    if (++m_matrix < input.matrices.size()) return {};
    m_matrix = 0;
    m_prepared.reset();
    if (++m_input == m_inputs.size()) m_phase = Phase::write;
    return {};
  }

  Result<GroupedWeights> round(const SharedInput& input, const std::string& name, std::uint32_t rows) {
    std::vector<float>& weights = m_weights->at(name);
    const bool finite = std::ranges::all_of(weights, [](float weight) { return std::isfinite(weight); });
    if (!finite) return fail(ErrorKind::badInput, source().source.name, ": tensor ", inQuotes(name), " holds a weight that is not finite; it cannot be quantized");
    GroupedScheme scheme = m_request.scheme;
    scheme.groupSize = targetOf(name).groupSize;
    if (m_request.method == GroupedMethod::gptq) {
      if (!m_prepared) m_prepared = TRY(prepareGptq(m_statistics[m_input].hessian(), input.columns, m_request.gptq));
      return quantizeGptq(scheme, m_request.gptq, *m_prepared, rows, weights, m_pool);
    }
    // The product of queries and keys suffers from cut ranges, as the paper's authors found.
    const bool isQueryOrKey = name.contains(".attn_q.") || name.contains(".attn_k.");
    if (m_request.method == GroupedMethod::awq && m_request.clips && !isQueryOrKey)
      clipToBestRange(scheme, m_awqInputs[m_input], rows, weights, m_pool);
    return roundToNearest(scheme, rows, input.columns, weights, m_pool, m_request.gptq.searchedRange);
  }

  Result<void> writeLayer() {
    const std::string prefix = concat("blk.", m_layer, ".");
    for (; m_next < m_tensors.size() && m_tensors[m_next].source->name.starts_with(prefix); ++m_next) {
      const TargetTensor& tensor = m_tensors[m_next];
      const std::string& name = tensor.source->name;
      if (tensor.isGrouped)
        TRY(m_target->writeGrouped(tensor, m_grouped.at(name)));
      else
        TRY(m_target->writePlain(tensor, m_weights->at(name)));
    }
    TRY(m_journal->add(m_next, m_target->file(), m_reports));
    const bool isLast = m_layer + 1 == m_runner.layers();
    if (isLast || m_request.method == GroupedMethod::rtn) return endLayer();
    m_phase = Phase::advance;
    return m_runner.bind(m_layer, m_weights->file(source()));
  }

  Result<void> advance() {
    m_doing = concat("layer ", m_layer, ": reading on");
    TRY(m_runner.advance(m_chunk));
    ++m_stepsDone;
    if (++m_chunk < m_runner.chunks()) return {};
    return endLayer();
  }

  Result<void> endLayer() {
    m_weights.reset();
    ++m_layer;
    return beginLayer();
  }

  TensorReport reportOf(const TensorInfo& info, FormatId to) const {
    return {.name = info.name, .shape = info.shape, .from = info.format, .to = to, .note = targetOf(info.name).note, .bytes = numberFormat(to).bytesFor(info.elements()), .worst = {}};
  }

  void report(const TensorInfo& info, std::span<const float> before, std::span<const float> after) {
    TensorReport report = reportOf(info, m_target->format());
    const std::uint64_t columns = info.columns();
    for (std::uint64_t row = 0; row < info.rows(); ++row) {
      double squares = 0, error = 0;
      for (std::uint64_t i = row * columns; i < (row + 1) * columns; ++i) {
        squares += double{before[i]} * double{before[i]};
        error += (double{after[i]} - double{before[i]}) * (double{after[i]} - double{before[i]});
      }
      report.squares += squares;
      report.squaredError += error;
      if (error > 0) report.worst.push_back({row, squares > 0 ? std::sqrt(error / squares) : 1});
    }
    const auto kept = std::min(report.worst.size(), TensorReport::kWorstRows);
    std::ranges::partial_sort(report.worst, report.worst.begin() + static_cast<std::ptrdiff_t>(kept), std::ranges::greater(), &RowError::relative);
    report.worst.resize(kept);
    m_reports.push_back(std::move(report));
  }

  std::shared_ptr<const ModelDescription> m_model;
  CalibratedRequest m_request;
  std::vector<TargetTensor> m_tensors;  ///< outside of layers first, then layer by layer
  std::unique_ptr<GroupedTarget> m_target;
  std::unique_ptr<Journal> m_journal;
  LayerRunner m_runner;
  ThreadPool& m_pool;
  ConversionOutlook m_outlook;
  WorkClock m_clock;
  Phase m_phase = Phase::outside;
  std::uint32_t m_layer = 0, m_resumedLayers = 0;
  std::size_t m_next;  ///< tensors that are written
  std::size_t m_chunk = 0, m_input = 0, m_matrix = 0, m_stepsDone = 0;
  double m_stepsOfLayer = 0;
  std::string m_doing;
  std::optional<LayerWeights> m_weights;
  std::vector<SharedInput> m_inputs;
  std::vector<InputStatistics> m_statistics;
  std::vector<AwqInputs> m_awqInputs;
  std::optional<GptqInputs> m_prepared;
  std::map<std::string, GroupedWeights> m_grouped;
  std::vector<TensorReport> m_reports;
};

Result<std::vector<TokenId>> calibrationText(const ModelDescription& model, const CalibratedRequest& request) {
  if (request.method == GroupedMethod::rtn) return std::vector<TokenId>();
  std::vector<TokenId> text = request.text;
  if (text.size() < CalibratedRequest::kLeastTokens)
    return fail(ErrorKind::badInput, "the calibration text has ", text.size(), " tokens, too few to say what matters; expected ", CalibratedRequest::kLeastTokens,
                " at least, and better some ten thousand");
  if (text.size() > request.chunkTokens) text.resize(text.size() / request.chunkTokens * request.chunkTokens);
  if (request.mostChunks != 0) text.resize(std::min<std::size_t>(text.size(), std::size_t{request.mostChunks} * request.chunkTokens));
  const Tokenizer& tokenizer = *model.tokenizer;
  for (std::size_t begin = 0; begin < text.size() && tokenizer.addsBos(); begin += request.chunkTokens) text[begin] = tokenizer.bos();
  return text;
}

/// Groups, as the target can hold them, of a matrix whose rows are no whole groups of the size asked for.
Result<void> chooseFallback(const ModelFile& file, const CalibratedRequest& request, TargetTensor& tensor) {
  constexpr std::uint64_t kBlock = 32;  // of GGUF's types
  const std::uint64_t columns = tensor.source->columns(), size = request.scheme.groupSize;
  const bool fitsBlocks = request.form != TargetForm::gguf || columns % kBlock == 0;
  if (fitsBlocks && (size == 0 || columns % size == 0)) return {};
  std::uint64_t smaller = std::min<std::uint64_t>(size, 128);
  while (smaller >= kBlock && (smaller >= size || smaller % kBlock != 0 || columns % smaller != 0)) --smaller;
  if (request.form != TargetForm::gguf)
    return fail(ErrorKind::badInput, file.source.name, ": tensor ", inQuotes(tensor.source->name), " has ", columns, " columns, no whole groups of ", size, "; ",
                smaller >= kBlock ? concat("groups of ", smaller, " would fit, or one per row") : std::string("one group per row would fit"));
  if (!fitsBlocks) {
    tensor.isGrouped = false;
    tensor.note = concat("rows of ", columns, " are no multiple of ", kBlock, ", the block of GGUF's types: not quantized");
    return {};
  }
  tensor.groupSize = static_cast<std::uint32_t>(smaller);
  tensor.note = concat("rows of ", columns, " are no whole groups of ", size, ": groups of ", smaller);
  return {};
}

/// In the order in which they will be written.
Result<std::vector<TargetTensor>> targetTensors(const ModelDescription& model, const CalibratedRequest& request) {
  std::vector<TargetTensor> tensors;
  for (const TensorInfo& tensor : model.file.tensors)
    if (!isInLayer(tensor)) tensors.push_back({&tensor});
  for (std::uint32_t layer = 0; layer < model.graph().layers; ++layer) {
    const std::string prefix = concat("blk.", layer, ".");
    std::vector<std::string> matrices;
    for (const SharedInput& input : sharedInputs(model.graph(), layer)) matrices.insert(matrices.end(), input.matrices.begin(), input.matrices.end());
    for (const TensorInfo& info : model.file.tensors) {
      if (!info.name.starts_with(prefix)) continue;
      const bool grouped = std::ranges::find(matrices, info.name) != matrices.end();
      TargetTensor& tensor = tensors.emplace_back(TargetTensor{&info, grouped, false, request.scheme.groupSize});
      if (grouped) TRY(chooseFallback(model.file, request, tensor));
      tensor.isChanged = !tensor.isGrouped && request.method == GroupedMethod::awq;
    }
  }
  return tensors;
}

/// Of a request whose text is in whole chunks. Without the device, which is known when it is opened.
JobFacts factsOf(const ModelFile& source, const CalibratedRequest& request) {
  const bool gptq = request.method == GroupedMethod::gptq, awq = request.method == GroupedMethod::awq;
  const auto yes = [](bool is) { return std::string(is ? "yes" : "no"); };
  JobFacts facts = sourceFacts(source);
  facts.emplace_back("the method", request.method == GroupedMethod::rtn ? "groups" : groupedMethodName(request.method));
  facts.emplace_back("the layout", targetFormName(request.form));
  facts.emplace_back("bits", concat(request.scheme.bits));
  facts.emplace_back("the group's size", concat(request.scheme.groupSize));
  facts.emplace_back("zero points", yes(!request.scheme.symmetric));
  facts.emplace_back("desc_act", yes(gptq && request.gptq.byImportance));
  facts.emplace_back("static groups", yes(gptq && request.gptq.byImportance && request.gptq.staticGroups));
  facts.emplace_back("the damping", gptq ? concat(request.gptq.damping) : "none");
  facts.emplace_back("a searched range", yes(request.gptq.searchedRange));
  facts.emplace_back("clipping", yes(awq && request.clips));
  facts.emplace_back("steps of the search", concat(awq ? request.awq.steps : 0));
  facts.emplace_back("a chunk's tokens", concat(request.chunkTokens));
  facts.emplace_back("the text's checksum", checksumText(checksumOf(std::as_bytes(std::span(request.text)))));
  return facts;
}

/// What a request comes to: the text in whole chunks, the tensors, and where they go.
struct Prepared {
  CalibratedRequest request;
  std::vector<TargetTensor> tensors;
  std::unique_ptr<GroupedTarget> target;
};

Result<Prepared> prepare(const ModelDescription& model, const CalibratedRequest& asked) {
  TRY(checkTarget(asked.target, model.file.source.name));
  Prepared made{asked, {}, nullptr};
  CalibratedRequest& request = made.request;
  while (request.target.size() > 1 && request.target.ends_with('/')) request.target.pop_back();
  if (request.form == TargetForm::gguf && !request.scheme.symmetric) request.scheme.scaleBits = 7;
  request.chunkTokens = std::min(request.chunkTokens, model.config().contextLength);
  const bool ordered = request.method == GroupedMethod::gptq && request.gptq.byImportance;
  TRY(checkCombination(request.form, request.scheme, ordered && request.scattersGroups()));
  request.text = TRY(calibrationText(model, request));
  made.tensors = TRY(targetTensors(model, request));
  const TargetNotes notes{ordered, ordered && request.gptq.staticGroups, request.gptq.damping};
  made.target = TRY(createGroupedTarget(request.form, request.target, model.file, request.scheme, notes, made.tensors));
  return made;
}

}  // namespace

const char* groupedMethodName(GroupedMethod method) {
  constexpr const char* kNames[] = {"rtn", "gptq", "awq"};
  return kNames[static_cast<std::size_t>(method)];
}

Result<ConversionOutlook> foreseeCalibrated(const ModelDescription& model, const CalibratedRequest& request) {
  const Prepared made = TRY(prepare(model, request));
  ConversionOutlook outlook = outlookOf(*made.target, made.tensors);
  outlook.unfinished = findUnfinished(made.request.target, factsOf(model.file, made.request));
  return outlook;
}

Result<std::unique_ptr<Conversion>> startCalibrated(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend, const CalibratedRequest& request,
                                                    ThreadPool& pool) {
  Prepared made = TRY(prepare(*model, request));
  JobFacts facts = factsOf(model->file, made.request);
  facts.emplace_back("the device", backend == nullptr ? "none" : backend->device().name);
  LayerRunner runner = TRY(LayerRunner::create(model, std::move(backend), model->file, made.request.text, made.request.chunkTokens));
  auto journal = TRY(Journal::open(made.request.target, made.target->dataFile(), made.tensors.size(), facts, request.unfinished));
  TRY(made.target->open(journal->tensors()));
  TRY(journal->check(made.target->file()));
  return std::make_unique<Calibrated>(std::move(model), std::move(made.request), std::move(made.tensors), std::move(made.target), std::move(journal), std::move(runner), pool);
}

}  // namespace cutaway
