#include "ui/table/table_job.h"

#include <chrono>

#include "core/base/mapped_file.h"
#include "ui/base/write_file.h"
#include "ui/engine/chosen_model.h"

namespace cutaway {
namespace {

constexpr auto kToldEvery = std::chrono::milliseconds(50);
constexpr std::uint32_t kContext = 512;  ///< tokens of a window, as papers and llama-perplexity have it
constexpr const char* kSampleOf = "Once upon a time,";

std::string reportOf(const MeasuredTable& table, const QString& path) {
  if (path.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive)) return toCsv(table.rows);
  const Report report = toReport(table.rows, table.device, table.text, table.sampleOf);
  return path.endsWith(QLatin1String(".md"), Qt::CaseInsensitive) ? toMarkdown(report) : toHtml(report);
}

}  // namespace

TableJob::TableJob(SharedBytes demoModel, SharedBytes demoText, OpenBackend openBackend)
    : m_demoModel(std::move(demoModel)), m_demoText(std::move(demoText)), m_openBackend(std::move(openBackend)), m_job(this, QStringLiteral("table")) {}

TableJob::~TableJob() = default;

Result<MeasuredTable> TableJob::measure(const TableOrder& order, const LongJob::Run& run) {
  const SharedBytes text = order.text.isEmpty() ? m_demoText : TRY(mapFile(order.text.toStdString()));
  const std::shared_ptr<Backend> backend = TRY(m_openBackend());
  std::vector<ModelTable::Source> sources;
  for (const TableSource& source : order.sources)
    sources.push_back({source.name.toStdString(), [this, source, run]() -> Result<std::shared_ptr<const ModelDescription>> {
                         const auto goesOn = [&run](std::uint64_t, std::uint64_t) { return run.goesOn(); };
                         return describeModel(TRY(openChosen(source.path, m_demoModel, source.simulation, goesOn)));
                       }});
  const auto first = TRY(sources.front().describe());
  sources.front().describe = [first] { return first; };
  const auto tokensOf = [&first](std::string_view words) { return first->tokenizer->encode(words, true, true); };
  ModelTableOptions options;
  options.windows.context = std::min(kContext, first->config().contextLength);
  options.places = static_cast<std::size_t>(order.places);
  options.sampleOf = tokensOf(kSampleOf);
  const std::string_view words(reinterpret_cast<const char*>(text.bytes.data()), text.bytes.size());
  const auto table = TRY(ModelTable::create(backend, std::move(sources), tokensOf(words), options));
  std::size_t told = 0;
  auto toldAt = std::chrono::steady_clock::now() - kToldEvery;
  for (bool more = true; more;) {
    if (!run.goesOn()) return fail(ErrorKind::cancelled, "Stopped.");
    more = TRY(table->step());
    const std::vector<ModelTableRow>& rows = table->rows();
    for (const std::size_t done = table->done(); told < done; ++told)
      run.tell([this, row = rows[told]] { Q_EMIT rowDone(row); });
    if (const auto now = std::chrono::steady_clock::now(); more && now - toldAt >= kToldEvery) {
      toldAt = now;
      const std::size_t at = std::min<std::size_t>(told, static_cast<std::size_t>(order.sources.size()) - 1);
      run.tell([this, done = table->progress(), name = order.sources[static_cast<int>(at)].name] { Q_EMIT progressed(done, name); });
    }
  }
  return MeasuredTable{table->rows(), backend->device().name, text.name, kSampleOf};
}

void TableJob::start(const TableOrder& order) {
  m_job.start([this, order](const LongJob::Run& run) { return measure(order, run); },
              [this](const Result<MeasuredTable>& table) {
                if (table) return Q_EMIT finished(*table);
                Q_EMIT failed(QString::fromStdString(table.error().message));
              });
}

void TableJob::save(const MeasuredTable& table, const QString& path) {
  m_job.thread().ask(
      this, [table, path] { return writeWhole(path, QByteArray::fromStdString(reportOf(table, path))); },
      [this, path](const QString& problem) { Q_EMIT saved(path, problem); });
}

}  // namespace cutaway
