#include "ui/engine/engine_controller.h"

#include "ui/engine/engine_worker.h"

namespace cutaway {

EngineController::EngineController(BackendList backends, SharedBytes demoModel, QObject* parent)
    : QObject(parent), m_thread(std::make_unique<EngineThread>()) {
  m_worker = std::make_shared<EngineWorker>(*m_thread, std::move(backends), std::move(demoModel));
  const auto forward = [this](auto from, auto to) {
    connect(m_worker.get(), from, this, to, Qt::QueuedConnection);
  };
  connect(
      m_worker.get(), &EngineWorker::devicesKnown, this,
      [this](const QVector<DeviceInfo>& devices) {
        m_devices = devices;
        Q_EMIT devicesKnown();
      },
      Qt::QueuedConnection);
  forward(&EngineWorker::fitKnown, &EngineController::fitKnown);
  forward(&EngineWorker::loadProgress, &EngineController::loadProgress);
  forward(&EngineWorker::modelReady, &EngineController::modelReady);
  forward(&EngineWorker::modelLost, &EngineController::modelLost);
  forward(&EngineWorker::loadFailed, &EngineController::loadFailed);
  forward(&EngineWorker::planned, &EngineController::planned);
  forward(&EngineWorker::promptProgress, &EngineController::promptProgress);
  forward(&EngineWorker::tokensArrived, &EngineController::tokensArrived);
  forward(&EngineWorker::generationFinished, &EngineController::generationFinished);
  forward(&EngineWorker::memoryChanged, &EngineController::memoryChanged);
  forward(&EngineWorker::companionReady, &EngineController::companionReady);
  forward(&EngineWorker::companionFailed, &EngineController::companionFailed);
  forward(&EngineWorker::pairTokens, &EngineController::pairTokens);
  forward(&EngineWorker::pairFinished, &EngineController::pairFinished);
  forward(&EngineWorker::stepsTimed, &EngineController::stepsTimed);
  forward(&EngineWorker::questionExpected, &EngineController::questionExpected);
  forward(&EngineWorker::questionProgress, &EngineController::questionProgress);
  forward(&EngineWorker::answered, &EngineController::answered);
  forward(&EngineWorker::rowsCame, &EngineController::rowsCame);
  forward(&EngineWorker::lensCame, &EngineController::lensCame);
  forward(&EngineWorker::editsActing, &EngineController::editsActing);
  forward(&EngineWorker::closed, &EngineController::closed);
  m_thread->post([worker = m_worker.get()] { worker->listDevices(); });
}

EngineController::~EngineController() {
  m_loadStop.request_stop();
  m_companionStop.request_stop();
  m_thread.reset();  // first: its last step may use the worker
}

void EngineController::inspect(const ModelChoice& choice) {
  m_thread->post("inspect", [worker = m_worker.get(), choice] { worker->inspect(choice); });
}

void EngineController::open(const ModelChoice& choice) {
  m_loadStop.request_stop();  // of a load that is still running
  m_loadStop = std::stop_source();
  Q_EMIT loadStarted(choice);
  m_thread->post([worker = m_worker.get(), choice, stop = m_loadStop.get_token()] { worker->open(choice, stop); });
}

void EngineController::cancelLoad() { m_loadStop.request_stop(); }

void EngineController::setTemplate(const QString& builtIn) {
  m_thread->post("template", [worker = m_worker.get(), builtIn] { worker->setTemplate(builtIn); });
}

void EngineController::plan(const PromptRequest& request, const QString& tag) {
  m_thread->post(tag.toStdString(), [worker = m_worker.get(), request] { worker->plan(request); });
}

void EngineController::start(const GenerationRequest& request) {
  m_thread->post([worker = m_worker.get(), request] { worker->start(request); });
}

void EngineController::stop() {
  m_thread->post([worker = m_worker.get()] { worker->stop(); });
}

void EngineController::openCompanion(const ModelChoice& choice) {
  m_companionStop.request_stop();  // of a load that is still running
  m_companionStop = std::stop_source();
  m_thread->post("companion", [worker = m_worker.get(), choice, stop = m_companionStop.get_token()] {
    worker->openCompanion(choice, stop);
  });
}

void EngineController::closeCompanion() {
  m_companionStop.request_stop();
  m_thread->post("companion", [worker = m_worker.get()] { worker->closeCompanion(); });
}

void EngineController::watchSteps(bool watched) {
  m_thread->post("watchSteps", [worker = m_worker.get(), watched] { worker->watchSteps(watched); });
}

void EngineController::ask(const Question& question) {
  m_thread->post("ask " + question.asker.toStdString(), [worker = m_worker.get(), question] { worker->ask(question); });
}

void EngineController::dropQuestion(const QString& asker) {
  // By the tag of the question itself, which may still wait.
  m_thread->post("ask " + asker.toStdString(), [worker = m_worker.get(), asker] { worker->dropQuestion(asker); });
}

void EngineController::keepStates(bool kept) {
  m_thread->post("keepStates", [worker = m_worker.get(), kept] { worker->keepStates(kept); });
}

void EngineController::watchRows(int layer) {
  m_thread->post("watchRows", [worker = m_worker.get(), layer] { worker->watchRows(layer); });
}

void EngineController::watchLens(bool watched) {
  m_thread->post("watchLens", [worker = m_worker.get(), watched] { worker->watchLens(watched); });
}

void EngineController::rowsTaken() {
  m_thread->post("rowsTaken", [worker = m_worker.get()] { worker->rowsTaken(); });
}

void EngineController::setEdits(const QStringList& texts) {
  m_thread->post("edits", [worker = m_worker.get(), texts] { worker->setEdits(texts); });
}

void EngineController::close() {
  m_loadStop.request_stop();
  m_companionStop.request_stop();
  m_thread->post([worker = m_worker.get()] { worker->close(); });
}

}  // namespace cutaway
