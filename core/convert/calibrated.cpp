#include "core/convert/calibrated.h"

#include <algorithm>
#include <cmath>

#include "core/base/utf8.h"
#include "core/convert/layer_inputs.h"
#include "core/convert/layer_runner.h"
#include "core/convert/layer_weights.h"

namespace cutaway {
namespace {

bool isInLayer(const TensorInfo& tensor) { return tensor.name.starts_with("blk."); }

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
             std::unique_ptr<GroupedTarget> target, LayerRunner runner, ThreadPool& pool)
      : m_model(std::move(model)),
        m_request(std::move(request)),
        m_tensors(std::move(tensors)),
        m_target(std::move(target)),
        m_runner(std::move(runner)),
        m_pool(pool),
        m_outlook(outlookOf(*m_target, m_tensors)) {}

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
    return m_target->writePlain(tensor, weights);
  }

  Result<void> beginLayer() {
    m_weights.emplace(source(), m_layer);
    m_inputs = sharedInputs(m_model->graph(), m_layer);
    m_statistics.clear();
    const auto keep = m_request.method == GroupedMethod::awq ? InputStatistics::Keep::samples : InputStatistics::Keep::hessian;
    for (const SharedInput& input : m_inputs) m_statistics.emplace_back(input.columns, m_runner.tokens(), keep);
    m_grouped.clear();
    m_chunk = m_input = m_matrix = m_stepsDone = 0;
    m_stepsOfLayer = 2 * static_cast<double>(m_runner.chunks()) + 8.0 * static_cast<double>(m_inputs.size());
    m_phase = m_request.method == GroupedMethod::rtn ? Phase::round : Phase::collect;
    if (m_phase == Phase::collect) return m_runner.bind(m_layer, source());
    return {};
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
    if (++m_layer < m_runner.layers()) return beginLayer();
    m_weights.reset();
    m_phase = Phase::commit;
    return {};
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
  LayerRunner m_runner;
  ThreadPool& m_pool;
  ConversionOutlook m_outlook;
  WorkClock m_clock;
  Phase m_phase = Phase::outside;
  std::uint32_t m_layer = 0;
  std::size_t m_next = 0, m_chunk = 0, m_input = 0, m_matrix = 0, m_stepsDone = 0;
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
  return outlookOf(*made.target, made.tensors);
}

Result<std::unique_ptr<Conversion>> startCalibrated(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend, const CalibratedRequest& request,
                                                    ThreadPool& pool) {
  Prepared made = TRY(prepare(*model, request));
  LayerRunner runner = TRY(LayerRunner::create(model, std::move(backend), model->file, made.request.text, made.request.chunkTokens));
  TRY(made.target->open());
  return std::make_unique<Calibrated>(std::move(model), std::move(made.request), std::move(made.tensors), std::move(made.target), std::move(runner), pool);
}

}  // namespace cutaway
