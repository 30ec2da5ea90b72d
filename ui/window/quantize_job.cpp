#include "ui/window/quantize_job.h"

#include <chrono>
#include <filesystem>

#include "ui/engine/chosen_model.h"

namespace cutaway {
namespace {

constexpr auto kToldEvery = std::chrono::milliseconds(50);

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
  const ModelFile file = TRY(openChosen(order.source, demoModel));
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
    : QObject(parent), m_demoModel(std::move(demoModel)), m_openBackend(std::move(openBackend)), m_job(this, QStringLiteral("quantize")) {}

QuantizeJob::~QuantizeJob() { cancel(); }

void QuantizeJob::forecast(const QuantizeOrder& order) {
  const quint64 number = ++m_forecast;
  m_job.thread().ask(
      this, [order, demo = m_demoModel] { return makeForecast(order, demo); },
      [this, number](const Result<QuantizeForecast>& forecast) {
        if (number != m_forecast) return;
        if (forecast) return Q_EMIT forecastKnown(*forecast);
        Q_EMIT forecastFailed(QString::fromStdString(forecast.error().message));
      });
}

Result<std::pair<quint64, double>> QuantizeJob::convert(const QuantizeOrder& order, const LongJob::Run& run) {
  const QuantizeMethod* method = TRY(methodOf(order));
  const QuantizeRequest request = TRY(requestOf(order, *method));
  ModelFile file = TRY(openChosen(order.source, m_demoModel));
  ThreadPool pool;
  const auto job = TRY(method->start(std::move(file), request, {pool, m_openBackend}));
  std::size_t told = 0;
  auto toldAt = std::chrono::steady_clock::now() - kToldEvery;
  for (bool more = true; more;) {
    if (!run.goesOn()) {
      job->keep(m_keeps);
      return fail(ErrorKind::cancelled, m_keeps ? "Stopped; what is done is kept, to go on with later." : "Stopped; no file was written.");
    }
    more = TRY(job->step());
    for (; told < job->reports().size(); ++told)
      run.tell([this, report = job->reports()[told]] { Q_EMIT tensorDone(report); });
    if (const auto now = std::chrono::steady_clock::now(); now - toldAt >= kToldEvery || !more) {
      toldAt = now;
      run.tell([this, progress = job->progress()] { Q_EMIT progressed(progress); });
    }
  }
  return std::pair<quint64, double>(job->targetBytes(), job->progress().seconds);
}

void QuantizeJob::start(const QuantizeOrder& order) {
  cancel();
  ++m_forecast;  // what is foreseen behind it would be about what it made
  m_keeps = false;
  m_job.start([this, order](const LongJob::Run& run) { return convert(order, run); },
              [this](const Result<std::pair<quint64, double>>& made) {
                if (made) return Q_EMIT finished(made->first, made->second);
                Q_EMIT failed(QString::fromStdString(made.error().message), made.error().kind == ErrorKind::cancelled);
              });
}

void QuantizeJob::pause(bool paused) { m_job.pause(paused); }

void QuantizeJob::cancel(bool keeps) {
  if (!m_job.isRunning() || m_job.isStopped()) return;
  m_keeps = keeps;
  m_job.stop();
}

}  // namespace cutaway
