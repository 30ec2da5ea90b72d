#include "ui/engine/engine_worker.h"

#include "core/convert/activation_choice.h"
#include "ui/base/thread_check.h"
#include "ui/engine/chosen_model.h"
#include "ui/engine/model_card.h"

namespace cutaway {
namespace {

constexpr auto kFrame = std::chrono::milliseconds(16);

QString sentence(const Error& error) { return QString::fromStdString(error.message); }

LoadFailure failure(const Error& error) {
  if (error.kind == ErrorKind::cancelled) return LoadFailure::cancelled;
  return error.kind == ErrorKind::outOfMemory ? LoadFailure::tooLarge : LoadFailure::broken;
}

}  // namespace

EngineWorker::EngineWorker(EngineThread& thread, BackendList backends, SharedBytes demoModel)
    : m_thread(thread), m_list(std::move(backends)), m_demoModel(std::move(demoModel)) {}

EngineWorker::~EngineWorker() = default;

void EngineWorker::listDevices() {
  noteBlockingCall("EngineWorker::listDevices");
  m_factories = m_list();
  QVector<DeviceInfo> devices;
  for (const BackendFactory& factory : m_factories) devices.append(factory.device);
  Q_EMIT devicesKnown(devices);
}

Result<ModelFile> EngineWorker::openFile(const ModelChoice& choice, std::stop_token stop) {
  return openChosen(choice.path, m_demoModel, choice.simulation, [&](std::uint64_t done, std::uint64_t total) {
    Q_EMIT loadProgress(done, total);
    return !stop.stop_requested();
  });
}

Result<std::shared_ptr<const ModelDescription>> EngineWorker::describe(const ModelChoice& choice,
                                                                       std::stop_token stop) {
  const bool known = choice.path == m_describedAs.path && choice.simulation == m_describedAs.simulation &&
                     choice.activations == m_describedAs.activations;
  if (known && m_described) return m_described;
  m_described.reset();
  std::optional<ActivationChoice> activations;
  if (!choice.activations.isEmpty()) activations = TRY(parseActivations(choice.activations.toStdString()));
  auto described = TRY(describeModel(TRY(openFile(choice, stop))));
  if (activations)
    described = TRY(simulateActivations(described, *activations, [&] { return backend(choice.device); }, [&](double done) {
      constexpr quint64 kParts = 1000;
      Q_EMIT loadProgress(static_cast<quint64>(done * kParts), kParts);
      return !stop.stop_requested();
    }));
  m_described = std::move(described);
  m_describedAs = choice;
  return m_described;
}

Result<std::shared_ptr<Backend>> EngineWorker::backend(int device) {
  if (device < 0 || device >= static_cast<int>(m_factories.size())) {
    return fail(ErrorKind::usage, "There is no device number ", device, ".");
  }
  std::shared_ptr<Backend>& known = m_backends[device];
  if (!known) known = TRY(m_factories[static_cast<std::size_t>(device)].create());
  return known;
}

Result<FitReport> EngineWorker::fit(const ModelChoice& choice, std::stop_token stop) {
  const auto model = TRY(describe(choice, stop));
  const std::shared_ptr<Backend> device = TRY(backend(choice.device));
  FitReport report;
  report.choice = choice;
  report.card = makeModelCard(*model, choice.path);
  report.device = QString::fromStdString(device->device().name);
  const MemoryEstimate estimate = estimateMemory(*model, *device, choice.context, choice.cacheFormat);
  report.context = estimate.context;
  report.need.weights = estimate.weights;
  report.need.cache = estimate.cache;
  report.need.scratch = estimate.scratch;
  const bool shared = m_loaded && m_loaded->choice.device == choice.device;
  report.need.available = estimate.available + (shared ? device->ledger().used() : 0);
  const quint64 fixed = estimate.weights + estimate.scratch;
  if (fixed <= report.need.available) {
    report.longestContext = contextThatFits(*model, choice.cacheFormat, report.need.available - fixed,
                                            model->config().contextLength);
  }
  return report;
}

void EngineWorker::inspect(const ModelChoice& choice) {
  noteBlockingCall("EngineWorker::inspect");
  const Result<FitReport> report = fit(choice);
  if (!report) return Q_EMIT loadFailed(sentence(report.error()), failure(report.error()));
  Q_EMIT fitKnown(std::make_shared<const FitReport>(*report));
}

Result<std::unique_ptr<EngineWorker::Loaded>> EngineWorker::load(const ModelChoice& choice, std::stop_token stop) {
  const auto description = TRY(describe(choice, stop));
  const std::shared_ptr<Backend> device = TRY(backend(choice.device));
  Clock::time_point reported = Clock::now() - kFrame;
  const LoadProgress progress = [&](std::uint64_t done, std::uint64_t total) {
    if (Clock::now() - reported < kFrame && done < total) return;
    reported = Clock::now();
    Q_EMIT loadProgress(done, total);
  };
  const auto model = TRY(loadModel(description, device, progress, stop));
  const SessionOptions options{.context = choice.context, .cacheFormat = choice.cacheFormat};
  std::unique_ptr<Session> session = TRY(Session::create(model, options));
  if (stop.stop_requested()) return fail(ErrorKind::cancelled, "Loading was cancelled.");
  return std::make_unique<Loaded>(Loaded{choice, model, std::move(session), ChatPrompt(description, {})});
}

Result<void> EngineWorker::replaceSession(const ModelChoice& choice) {
  const ModelChoice before = m_loaded->choice;
  const auto create = [&](const ModelChoice& wanted) {
    m_loaded->session.reset();  // two caches at once may not fit
    return Session::create(m_loaded->model, {.context = wanted.context, .cacheFormat = wanted.cacheFormat});
  };
  Result<std::unique_ptr<Session>> made = create(choice);
  if (made) {
    m_loaded->session = std::move(*made);
    m_loaded->choice = choice;
    return {};
  }
  Result<std::unique_ptr<Session>> restored = create(before);
  if (restored) {
    m_loaded->session = std::move(*restored);
  } else {
    m_loaded.reset();
    Q_EMIT modelLost(sentence(restored.error()));
  }
  return std::unexpected(made.error());
}

Result<void> EngineWorker::exchange(const ModelChoice& choice, std::stop_token stop) {
  const FitReport report = TRY(fit(choice, stop));
  Q_EMIT fitKnown(std::make_shared<const FitReport>(report));
  std::optional<ModelChoice> dropped;
  const bool shared = m_loaded && m_loaded->choice.device == choice.device;
  const quint64 held = shared ? m_loaded->model->backend->ledger().used() : 0;
  if (shared && report.need.total() + held > report.need.available) {
    dropped = m_loaded->choice;
    m_loaded.reset();
  }
  Result<std::unique_ptr<Loaded>> loaded = load(choice, stop);
  if (loaded) {
    m_loaded = std::move(*loaded);
    return {};
  }
  if (dropped) {
    Result<std::unique_ptr<Loaded>> restored = load(*dropped, {});
    if (restored) m_loaded = std::move(*restored);
    if (!restored) Q_EMIT modelLost(sentence(restored.error()));
  }
  return std::unexpected(loaded.error());
}

void EngineWorker::open(const ModelChoice& choice, std::stop_token stop) {
  noteBlockingCall("EngineWorker::open");
  this->stop();
  dropQuestions();
  unwatchSession();
  const bool sameWeights = m_loaded && m_loaded->choice.path == choice.path &&
                           m_loaded->choice.simulation == choice.simulation &&
                           m_loaded->choice.activations == choice.activations &&
                           m_loaded->choice.device == choice.device;
  if (!sameWeights) m_described.reset();  // the file may have changed since it was last read
  const Result<void> done = sameWeights ? replaceSession(choice) : exchange(choice, stop);
  if (done) return announce();
  Q_EMIT loadFailed(sentence(done.error()), failure(done.error()));
}

std::shared_ptr<const LoadedModel> EngineWorker::factsOf(const Loaded& loaded) {
  const Model& model = *loaded.model;
  auto facts = std::make_shared<LoadedModel>();
  facts->choice = loaded.choice;
  facts->card = makeModelCard(*model.description, loaded.choice.path);
  facts->description = model.description;
  facts->device = QString::fromStdString(model.backend->device().name);
  facts->context = loaded.session->context();
  facts->memory = memoryUse(model.backend->ledger());
  facts->loadSeconds = model.loadSeconds;
  facts->templateName = loaded.prompt.templateName();
  facts->templateProblem = loaded.prompt.problem();
  return facts;
}

void EngineWorker::announce() {
  Q_EMIT modelReady(factsOf(*m_loaded));
  renewEdits();
  m_meter = {};
  wantBandwidth();
}

void EngineWorker::setTemplate(const QString& builtIn) {
  noteBlockingCall("EngineWorker::setTemplate");
  if (!m_loaded) return;
  m_loaded->prompt = ChatPrompt(m_loaded->model->description, builtIn);
  announce();
}

void EngineWorker::plan(const PromptRequest& request) {
  noteBlockingCall("EngineWorker::plan");
  if (!m_loaded) {
    PromptPlan none;
    none.id = request.id;
    none.error = tr("No model is loaded.");
    return Q_EMIT planned(std::make_shared<const PromptPlan>(none));
  }
  auto plan = std::make_shared<PromptPlan>(m_loaded->prompt.plan(request, m_loaded->session->context()));
  if (!plan->fits()) {
    // The session's own cache makes room for the larger one; weights and work space are there already.
    const Model& model = *m_loaded->model;
    Ledger& ledger = model.backend->ledger();
    plan->longestContext = contextThatFits(*model.description, m_loaded->choice.cacheFormat,
                                           ledger.available() + ledger.used(MemoryClass::cache),
                                           model.description->config().contextLength);
  }
  Q_EMIT planned(std::move(plan));
}

void EngineWorker::close() {
  noteBlockingCall("EngineWorker::close");
  stop();
  dropQuestions();
  m_companion.reset();
  m_loaded.reset();
  m_described.reset();
  m_backends.clear();
  Q_EMIT closed();
}

}  // namespace cutaway
