// Rounding to nearest: decode some rows, encode them, decode again for the error, write.
#include <algorithm>
#include <cmath>

#include "core/base/checksum.h"
#include "core/base/utf8.h"
#include "core/convert/journal.h"
#include "core/convert/quantize.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kStepWeights = 1u << 19;
constexpr std::size_t kStepBytes = 16u << 20;  ///< of a tensor that stays as it is

class Rounding : public Conversion {
 public:
  Rounding(ModelFile source, const QuantizeRequest& request, QuantizePlan plan, GgufWriter writer, std::unique_ptr<Journal> journal,
           ThreadPool& pool)
      : m_source(std::move(source)),
        m_importance(request.importance),
        m_plan(std::move(plan)),
        m_writer(std::move(writer)),
        m_journal(std::move(journal)),
        m_pool(pool),
        m_tensor(m_journal->tensors()),
        m_reports(m_journal->reports()) {
    for (const TensorInfo& tensor : m_source.tensors) m_total += static_cast<double>(tensor.bytes);
    for (std::size_t i = 0; i < m_tensor; ++i) m_done += static_cast<double>(m_source.tensors[i].bytes);
    if (m_total > 0) m_clock.beginAt(m_done / m_total);
    if (m_tensor < m_source.tensors.size()) begin();
    keep(false);
  }

  Result<bool> step() override {
    const WorkClock::Running running(m_clock);
    if (m_tensor == m_source.tensors.size()) {
      if (m_committed) return false;
      TRY(m_writer.commit());
      m_journal->finish();
      m_committed = true;
      return false;
    }
    TRY(changes() ? encodeSome() : copySome());
    if (m_taken == tensor().bytes) TRY(finishTensor());
    return true;
  }

  ConversionProgress progress() const override {
    const double done = m_total > 0 ? (m_done + static_cast<double>(m_taken)) / m_total : 1;
    return {m_committed ? 1 : std::min(done, 0.999), m_clock.seconds(), m_committed ? 0 : m_clock.secondsLeft(done),
            m_tensor < m_source.tensors.size() ? tensor().name : std::string()};
  }
  const std::vector<TensorReport>& reports() const override { return m_reports; }
  const ConversionOutlook& outlook() const override { return m_plan; }
  void keep(bool keeps) override {
    m_writer.file().keep(keeps);
    m_journal->keep(keeps);
  }
  std::size_t resumedTensors() const override { return m_journal->tensors(); }

 private:
  /// Of one row.
  struct Sums {
    double squares = 0, squaredError = 0;
  };

  const TensorInfo& tensor() const { return m_source.tensors[m_tensor]; }
  FormatId target() const { return m_plan.tensors[m_tensor].format; }
  bool changes() const { return tensor().format != target(); }

  void begin() {
    m_taken = 0;
    m_data = m_source.data(tensor());
    m_report = {.name = tensor().name,
                .shape = tensor().shape,
                .from = tensor().format,
                .to = target(),
                .note = m_plan.notes[m_tensor],
                .bytes = numberFormat(target()).bytesFor(tensor().elements()),
                .worst = {}};
  }

  Result<void> finishTensor() {
    m_reports.push_back(std::move(m_report));
    TRY(m_journal->add(m_tensor + 1, m_writer.file(), m_reports));
    forgetPages(m_data, m_data.bytes);
    m_done += static_cast<double>(m_taken);
    m_taken = 0;
    if (++m_tensor < m_source.tensors.size()) begin();
    return {};
  }

  Result<void> copySome() {
    const auto rest = m_data.bytes.subspan(m_taken);
    const auto some = rest.first(std::min(rest.size(), kStepBytes));
    TRY(m_writer.append(some));
    m_taken += some.size();
    return {};
  }

  Result<void> encodeSome() {
    const std::uint64_t columns = tensor().columns();
    const NumberFormat &from = numberFormat(tensor().format), &to = numberFormat(target());
    const std::uint64_t rowBytes = from.bytesFor(columns), firstRow = m_taken / rowBytes;
    const std::uint64_t rows =
        std::min(tensor().rows() - firstRow, std::max<std::uint64_t>(kStepWeights / columns, 1));
    const auto source = m_data.bytes.subspan(m_taken, rows * rowBytes);
    std::span<const float> importance;
    if (m_importance != nullptr) importance = TRY(m_importance->find(tensor().name, columns));
    m_blocks.resize(to.bytesFor(rows * columns));
    m_sums.assign(rows, {});
    m_pool.parallelFor(rows, 1 + 4096 / columns, [&](std::size_t begin, std::size_t end) {
      std::vector<float> weights(columns), back(columns);
      for (std::size_t row = begin; row < end; ++row) {
        from.decode(source.subspan(row * rowBytes, rowBytes), weights);
        const auto blocks = std::span(m_blocks).subspan(row * to.bytesFor(columns), to.bytesFor(columns));
        to.encode(weights, importance, blocks);
        to.decode(blocks, back);
        for (std::size_t i = 0; i < columns; ++i) {
          const double weight = double{weights[i]}, error = double{back[i]} - weight;
          m_sums[row].squares += weight * weight;
          m_sums[row].squaredError += error * error;
        }
      }
    });
    TRY(addErrors(firstRow));
    TRY(m_writer.append(m_blocks));
    m_taken += source.size();
    return {};
  }

  Result<void> addErrors(std::uint64_t firstRow) {
    for (std::size_t i = 0; i < m_sums.size(); ++i) {
      const Sums& sums = m_sums[i];
      if (!std::isfinite(sums.squares))
        return fail(ErrorKind::badInput, m_source.source.name, ": tensor ", inQuotes(tensor().name), ", row ",
                    firstRow + i, " holds a weight that is not finite; it cannot be quantized");
      if (!std::isfinite(sums.squaredError))
        return fail(ErrorKind::badInput, m_source.source.name, ": tensor ", inQuotes(tensor().name), ", row ",
                    firstRow + i, " holds weights too large for ", numberFormat(target()).name,
                    ", whose scales end at 65504; BF16 would hold them");
      m_report.squares += sums.squares;
      m_report.squaredError += sums.squaredError;
      if (sums.squaredError > 0)
        m_report.worst.push_back(
            {firstRow + i, sums.squares > 0 ? std::sqrt(sums.squaredError / sums.squares) : 1});
    }
    const auto kept = std::min(m_report.worst.size(), TensorReport::kWorstRows);
    std::ranges::partial_sort(m_report.worst, m_report.worst.begin() + static_cast<std::ptrdiff_t>(kept),
                              std::ranges::greater(), &RowError::relative);
    m_report.worst.resize(kept);
    return {};
  }

  ModelFile m_source;
  std::shared_ptr<const ImportanceMatrix> m_importance;
  QuantizePlan m_plan;
  GgufWriter m_writer;
  std::unique_ptr<Journal> m_journal;
  ThreadPool& m_pool;
  WorkClock m_clock;
  std::size_t m_tensor;
  SharedBytes m_data;              ///< of the tensor at hand
  std::uint64_t m_taken = 0;       ///< bytes of the tensor at hand
  double m_done = 0, m_total = 0;  ///< bytes of finished tensors, of all
  bool m_committed = false;
  TensorReport m_report;
  std::vector<TensorReport> m_reports;
  std::vector<std::byte> m_blocks;
  std::vector<Sums> m_sums;
};

JobFacts factsOf(const ModelFile& source, const QuantizeRequest& request) {
  JobFacts facts = sourceFacts(source);
  facts.emplace_back("the method", methods::kRounding.name);
  facts.emplace_back("the type", request.mix->name);
  facts.emplace_back("pure", request.pure ? "yes" : "no");
  Checksum importance;
  if (request.importance != nullptr)
    for (const auto& [name, entry] : request.importance->entries) {
      importance.add(std::as_bytes(std::span(name)));
      importance.add(std::as_bytes(std::span(entry.means)));
    }
  facts.emplace_back("the importance matrix", request.importance == nullptr ? "none" : checksumText(importance.value()));
  return facts;
}

Result<ConversionOutlook> foresee(const ModelFile& source, const QuantizeRequest& request) {
  TRY(checkTarget(request.target, source.source.name));
  QuantizePlan plan = TRY(planQuantizing(source, request));
  plan.unfinished = findUnfinished(request.target, factsOf(source, request));
  return plan;
}

Result<std::unique_ptr<Conversion>> start(ModelFile source, const QuantizeRequest& request, const QuantizeMeans& means) {
  return startRounding(std::move(source), request, means.pool);
}

}  // namespace

const QuantizeMethod methods::kRounding = {
    "rtn", "Round to nearest", "each block by itself, with the scale that leaves the least error", kMixChoice, TargetForm::gguf, foresee, start};

Result<std::unique_ptr<Conversion>> startRounding(ModelFile source, const QuantizeRequest& request, ThreadPool& pool) {
  TRY(checkTarget(request.target, source.source.name));
  QuantizePlan plan = TRY(planQuantizing(source, request));
  const std::string part = unfinishedPath(request.target);
  TRY(checkDiskSpace(request.target, plan.bytes, part));
  auto journal = TRY(Journal::open(request.target, part, plan.tensors.size(), factsOf(source, request), request.unfinished));
  GgufWriter writer = TRY(GgufWriter::create(request.target, plan.metadata, plan.tensors, part));
  writer.file().keep(journal->tensors() > 0);
  TRY(writer.skip(journal->tensors()));
  TRY(journal->check(writer.file()));
  return std::make_unique<Rounding>(std::move(source), request, std::move(plan), std::move(writer), std::move(journal), pool);
}

}  // namespace cutaway
