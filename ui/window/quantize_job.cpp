#include "ui/window/quantize_job.h"

#include <QCoreApplication>
#include <QPointer>
#include <chrono>
#include <filesystem>
#include <thread>

#include "ui/engine/engine_data.h"

namespace cutaway {
namespace {

constexpr auto kToldEvery = std::chrono::milliseconds(50);

Result<ModelFile> openSource(const QString& path, const SharedBytes& demoModel) {
  return path == kDemoModel ? openModelFile(demoModel) : openModelFile(path.toStdString());
}

Result<const QuantizeMethod*> methodOf(const QuantizeOrder& order) {
  if (const QuantizeMethod* method = findQuantizeMethod(order.method.toStdString())) return method;
  return fail(ErrorKind::usage, "There is no method ", order.method.toStdString(), ".");
}

Result<QuantizeRequest> requestOf(const QuantizeOrder& order, const QuantizeMethod& method) {
  QuantizeRequest request{.target = order.target.toStdString(), .grouped = order.grouped};
  if (order.restarts) request.unfinished = Unfinished::restart;
  if (method.takes(kMixChoice)) {
    request.mix = findMix(order.mix.toStdString());
    if (request.mix == nullptr) return fail(ErrorKind::usage, "There is no type ", order.mix.toStdString(), ".");
    request.pure = order.pure;
    if (!order.importance.isEmpty())
      request.importance = std::make_shared<const ImportanceMatrix>(TRY(readImportance(order.importance.toStdString())));
  }
  if (method.takes(kTextChoice) && !order.text.isEmpty()) {
    const SharedBytes text = TRY(mapFile(order.text.toStdString()));
    request.text.assign(reinterpret_cast<const char*>(text.bytes.data()), text.bytes.size());
  }
  return request;
}

Result<QuantizeForecast> makeForecast(const QuantizeOrder& order, const SharedBytes& demoModel) {
  const QuantizeMethod* method = TRY(methodOf(order));
  const QuantizeRequest request = TRY(requestOf(order, *method));
  const ModelFile file = TRY(openSource(order.source, demoModel));
  const ConversionOutlook outlook = TRY(method->foresee(file, request));
  std::error_code ignored;
  const auto folder = std::filesystem::absolute(request.target, ignored).parent_path();
  const auto space = std::filesystem::space(folder, ignored);
  if (ignored) return fail(ErrorKind::badInput, request.target, ": there is no folder ", folder.string());
  return QuantizeForecast{.sourceBytes = file.bytes(),
                          .bytes = outlook.bytes,
                          .freeBytes = space.available,
                          .bitsPerWeight = outlook.bitsPerWeight,
                          .fallbacks = outlook.fallbacks,
                          .fallback = QString::fromStdString(outlook.fallback),
                          .targetExists = std::filesystem::exists(request.target, ignored),
                          .unfinished = outlook.unfinished};
}

}  // namespace

QuantizeJob::QuantizeJob(SharedBytes demoModel, OpenBackend openBackend, QObject* parent)
    : QObject(parent), m_demoModel(std::move(demoModel)), m_openBackend(std::move(openBackend)), m_thread(QStringLiteral("quantize")) {}

QuantizeJob::~QuantizeJob() { cancel(); }

void QuantizeJob::forecast(const QuantizeOrder& order) {
  const quint64 number = ++m_forecast;
  m_thread.ask(
      this, [order, demo = m_demoModel] { return makeForecast(order, demo); },
      [this, number](const Result<QuantizeForecast>& forecast) {
        if (number != m_forecast) return;
        if (forecast) return Q_EMIT forecastKnown(*forecast);
        Q_EMIT forecastFailed(QString::fromStdString(forecast.error().message));
      });
}

void QuantizeJob::tell(const std::shared_ptr<Run>& run, std::function<void()> what) {
  QMetaObject::invokeMethod(
      QCoreApplication::instance(),
      [guard = QPointer<QuantizeJob>(this), run, what = std::move(what)] {
        if (guard && guard->m_run == run) what();
      },
      Qt::QueuedConnection);
}

Result<std::pair<quint64, double>> QuantizeJob::convert(const QuantizeOrder& order, const std::shared_ptr<Run>& run) {
  const QuantizeMethod* method = TRY(methodOf(order));
  const QuantizeRequest request = TRY(requestOf(order, *method));
  ModelFile file = TRY(openSource(order.source, m_demoModel));
  ThreadPool pool;
  const auto job = TRY(method->start(std::move(file), request, {pool, m_openBackend}));
  std::size_t told = 0;
  auto toldAt = std::chrono::steady_clock::now() - kToldEvery;
  for (bool more = true; more;) {
    if (run->stopped) {
      job->keep(run->keeps);
      return fail(ErrorKind::cancelled, run->keeps ? "Stopped; what is done is kept, to go on with later." : "Stopped; no file was written.");
    }
    if (run->paused) {
      std::this_thread::sleep_for(kToldEvery);
      continue;
    }
    more = TRY(job->step());
    for (; told < job->reports().size(); ++told)
      tell(run, [this, report = job->reports()[told]] { Q_EMIT tensorDone(report); });
    if (const auto now = std::chrono::steady_clock::now(); now - toldAt >= kToldEvery || !more) {
      toldAt = now;
      tell(run, [this, progress = job->progress()] { Q_EMIT progressed(progress); });
    }
  }
  return std::pair<quint64, double>(job->targetBytes(), job->progress().seconds);
}

void QuantizeJob::start(const QuantizeOrder& order) {
  cancel();
  ++m_forecast;  // what is foreseen behind it would be about what it made
  m_run = std::make_shared<Run>();
  m_thread.ask(
      this, [this, order, run = m_run] { return convert(order, run); },
      [this, run = m_run](const Result<std::pair<quint64, double>>& made) {
        if (m_run != run) return;
        m_run.reset();
        if (made) return Q_EMIT finished(made->first, made->second);
        Q_EMIT failed(QString::fromStdString(made.error().message), made.error().kind == ErrorKind::cancelled);
      });
}

void QuantizeJob::pause(bool paused) {
  if (m_run) m_run->paused = paused;
}

void QuantizeJob::cancel(bool keeps) {
  if (!m_run || m_run->stopped) return;
  m_run->keeps = keeps;
  m_run->stopped = true;
}

}  // namespace cutaway
