#include <QFileDialog>
#include <QStatusBar>

#include "ui/window/edits_strip.h"
#include "ui/table/table_dialog.h"
#include "ui/window/loading_strip.h"
#include "ui/window/main_window_private.h"
#include "ui/window/notice_bar.h"
#include "ui/window/quantize_dialog.h"
#include "ui/window/welcome_page.h"

namespace cutaway {
namespace {

const QString kCalibrationKey = QStringLiteral("quantize/calibrationText");

}  // namespace

void MainWindow::Private::connectModel() {
  LoadingStrip& loading = pane->loading();
  QObject::connect(&models, &ModelController::devicesKnown, &window, [this] {
    topBar->setDevices(models.deviceTitles());
    topBar->setDevice(models.device());
    if (fitDialog) fitDialog->setDevices(models.deviceTitles(), models.device());
  });
  QObject::connect(&models, &ModelController::loadStarted, &window, [this, &loading](const QString& name) {
    loading.begin(name);
    updateComposer();
  });
  QObject::connect(&engine, &EngineController::fitKnown, &window, [this, &loading](const auto& report) {
    loading.showFit(*report);
    if (fitDialog) fitDialog->showReport(*report);
  });
  QObject::connect(&engine, &EngineController::loadProgress, &loading, &LoadingStrip::setProgress);
  QObject::connect(&engine, &EngineController::loadFailed, &window, [this](const QString& sentence) {
    if (fitDialog) fitDialog->showProblem(sentence);
  });
  QObject::connect(&loading, &LoadingStrip::cancelRequested, &models, &ModelController::cancel);
  QObject::connect(&models, &ModelController::changed, &window, [this] { modelChanged(); });
  QObject::connect(&models, &ModelController::failed, &window,
                   [this](const QString& sentence, LoadFailure kind, const ModelChoice& tried) {
                     loadFailed(sentence, kind, tried);
                   });
  const auto open = [this] { chooseFile([this](const QString& path) { openFile(path); }); };
  QObject::connect(topBar, &TopBar::openRequested, &window, open);
  QObject::connect(topBar, &TopBar::modelChosen, &window, [this](const QString& path) { models.open(path); });
  QObject::connect(topBar, &TopBar::deviceChosen, &models, &ModelController::setDevice);
  QObject::connect(topBar, &TopBar::precisionChosen, &models, &ModelController::setPrecision);
  QObject::connect(&pane->welcome(), &WelcomePage::openRequested, &window, open);
  QObject::connect(sidebar, &Sidebar::contextChanged, &window, [this] {
    models.setContext(sidebar->context(), sidebar->cacheFormat());
  });
  viewData.setFolder(directory + QStringLiteral("/steering"));
  QObject::connect(&viewData, &ViewData::stepsWatched, &engine, &EngineController::watchSteps);
  QObject::connect(&engine, &EngineController::stepsTimed, &viewData, &ViewData::setStepTimes);
  QObject::connect(&engine, &EngineController::answered, &viewData, &ViewData::answered);
  QObject::connect(&engine, &EngineController::questionExpected, &viewData, &ViewData::questionExpected);
  QObject::connect(&engine, &EngineController::questionProgress, &viewData, &ViewData::questionProgress);
  QObject::connect(&viewData, &ViewData::questionDropped, &engine, &EngineController::dropQuestion);
  QObject::connect(&viewData, &ViewData::branchWanted, &chat, &ChatController::branch);
  QObject::connect(&viewData, &ViewData::statesKept, &engine, &EngineController::keepStates);
  QObject::connect(&viewData, &ViewData::rowsWatched, &engine, &EngineController::watchRows);
  QObject::connect(&viewData, &ViewData::rowsTaken, &engine, &EngineController::rowsTaken);
  QObject::connect(&engine, &EngineController::rowsCame, &viewData, &ViewData::rowsCame);
  QObject::connect(&viewData, &ViewData::lensWatched, &engine, &EngineController::watchLens);
  QObject::connect(&engine, &EngineController::lensCame, &viewData, &ViewData::lensCame);
  QObject::connect(&viewData, &ViewData::editsChosen, &engine, &EngineController::setEdits);
  QObject::connect(&engine, &EngineController::editsActing, &viewData, &ViewData::setActingEdits);
  QObject::connect(&viewData, &ViewData::actingEditsChanged, &window, [this](const QString& problem) {
    pane->edits().setEdits(viewData.actingEdits());
    if (!problem.isEmpty()) pane->notice().show(NoticeBar::Kind::problem, problem);
  });
  QObject::connect(&pane->edits(), &EditsStrip::switchedOff, &window, [this] { viewData.edits().setInChat(false); });
  QObject::connect(&viewData, &ViewData::templateChosen, &engine, &EngineController::setTemplate);
  topBar->setRecent(models.recent());
}

void MainWindow::Private::loadFailed(const QString& sentence, LoadFailure kind, const ModelChoice& tried) {
  pane->loading().end();
  updateComposer();
  topBar->setDevice(models.device());
  if (models.model()) sidebar->setContext(models.model()->choice.context);
  NoticeBar& notice = pane->notice();
  if (kind == LoadFailure::cancelled) return notice.show(NoticeBar::Kind::information, sentence);
  if (kind == LoadFailure::broken) return notice.show(NoticeBar::Kind::problem, sentence);
  notice.show(NoticeBar::Kind::problem, sentence, tr("Choose what fits"), [this, tried] { openWithOptions(tried); });
}

void MainWindow::Private::modelChanged() {
  const LoadedModel* model = models.model().get();
  pane->loading().end();
  topBar->setModel(model == nullptr ? QString() : model->card.title());
  topBar->setPrecision(model == nullptr ? nullptr : &model->card);
  topBar->setDevice(models.device());
  topBar->setRecent(models.recent());
  sidebar->setContext(model == nullptr ? 0 : model->choice.context);
  sidebar->setModel(model);
  pane->welcome().setModel(model);
  status->setModel(model);
  viewData.setModel(models.model());
  showPair();
  if (model != nullptr && !model->templateProblem.isEmpty()) {
    pane->notice().show(NoticeBar::Kind::information, model->templateProblem, tr("Choose a template"), [this] {
      docks[QStringLiteral("model")]->show();
      docks[QStringLiteral("model")]->raise();
    });
  }
  updateComposer();
}

void MainWindow::Private::chooseFile(const std::function<void(const QString& path)>& chosen) {
  auto* dialog = new QFileDialog(&window, tr("Open a model"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setObjectName(QStringLiteral("openModelDialog"));
  dialog->setFileMode(QFileDialog::ExistingFile);
  dialog->setNameFilters({tr("Models (*.gguf config.json)"), tr("All files (*)")});
  const QString last = models.recent().value(0);
  if (!last.isEmpty()) dialog->setDirectory(last.section(QLatin1Char('/'), 0, -2));
  QObject::connect(dialog, &QFileDialog::fileSelected, &window, chosen);
  dialog->open();
}

void MainWindow::Private::showDrop(const QString& path) {
  if (path == dropping) return;
  dropping = path;
  status->setActivity(path.isEmpty() ? QString() : tr("Drop to open %1").arg(modelTitle(path)));
}

void MainWindow::Private::openFile(const QString& path) {
  pane->notice().dismiss();
  models.open(path);
}

QStringList MainWindow::Private::knownModels() const {
  QStringList paths = {models.model() ? models.model()->choice.path : kDemoModel};
  for (const QString& path : models.recent() + QStringList(kDemoModel))
    if (!paths.contains(path)) paths += path;
  return paths;
}

OpenBackend MainWindow::Private::deviceInUse() const {
  return [backends = setup.backends, device = static_cast<std::size_t>(models.device())]() -> Result<std::shared_ptr<Backend>> {
    const std::vector<BackendFactory> factories = backends();
    return factories[std::min(device, factories.size() - 1)].create();
  };
}

void MainWindow::Private::quantize() {
  auto* dialog = new QuantizeDialog({knownModels(), setup.demoModel, deviceInUse(), settings.value(kCalibrationKey).toString()}, &window);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  QObject::connect(dialog, &QuantizeDialog::openWanted, &window, [this](const QString& path) { openFile(path); });
  QObject::connect(dialog, &QuantizeDialog::textUsed, &window, [this](const QString& path) { settings.setValue(kCalibrationKey, path); });
  dialog->show();
}

void MainWindow::Private::compareMany() {
  auto* dialog = new TableDialog({knownModels(), setup.demoModel, setup.demoText, deviceInUse()}, &window);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  QObject::connect(dialog, &TableDialog::openWanted, &window, [this](const QString& path, const QString& simulation) {
    pane->notice().dismiss();
    models.open({.path = path, .device = models.device(), .simulation = simulation});
  });
  dialog->show();
}

void MainWindow::Private::openWithOptions(const ModelChoice& choice) {
  fitDialog = new FitDialog(choice, models.deviceTitles(), &window);
  fitDialog->setAttribute(Qt::WA_DeleteOnClose);
  QObject::connect(fitDialog, &FitDialog::estimateWanted, &engine, &EngineController::inspect);
  QObject::connect(fitDialog, &FitDialog::loadRequested, &models, qOverload<const ModelChoice&>(&ModelController::open));
  engine.inspect(fitDialog->choice());
  fitDialog->open();
}

}  // namespace cutaway
