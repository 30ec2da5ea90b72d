#include "ui/window/model_controller.h"

#include <QCoreApplication>
#include <QFileInfo>

#include "ui/base/settings.h"

namespace cutaway {
namespace {

constexpr int kMostRecent = 8;
const QString kLastKey = QStringLiteral("model/last"), kDeviceKey = QStringLiteral("model/device"),
              kRecentKey = QStringLiteral("model/recent"), kContextKey = QStringLiteral("model/context"),
              kCacheKey = QStringLiteral("model/cacheFormat");

}  // namespace

FormatId cacheFormatFrom(const QString& name) {
  return name == QLatin1String(numberFormat(FormatId::f32).name) ? FormatId::f32 : FormatId::f16;
}

QString modelTitle(const QString& path) {
  if (path == kDemoModel) return QCoreApplication::translate("ModelController", "Demo model");
  const QString name = path.section(QLatin1Char('/'), -1);
  return name == QLatin1String("config.json") ? path.section(QLatin1Char('/'), -2, -2) : name;  // a directory's
}

ModelController::ModelController(EngineController& engine, Settings& settings, QObject* parent)
    : QObject(parent), m_engine(engine), m_settings(settings) {
  connect(&engine, &EngineController::devicesKnown, this, &ModelController::chooseDevice);
  connect(&engine, &EngineController::modelReady, this, &ModelController::ready);
  connect(&engine, &EngineController::loadFailed, this, &ModelController::loadFailed);
  connect(&engine, &EngineController::modelLost, this, [this](const QString& sentence) {
    m_model.reset();
    Q_EMIT changed();
    if (!m_loading) Q_EMIT failed(sentence, LoadFailure::broken, m_wanted);
  });
}

int ModelController::findDevice(const QString& choice) const {
  bool isNumber = false;
  const int index = choice.toInt(&isNumber);
  if (isNumber) return index >= 0 && index < m_engine.devices().size() ? index : -1;
  for (int i = 0; i < m_engine.devices().size(); ++i) {
    const DeviceInfo& device = m_engine.devices()[i];
    const bool cpu = choice.compare(QLatin1String("cpu"), Qt::CaseInsensitive) == 0 && device.kind == DeviceKind::cpu;
    if (cpu || QString::fromStdString(device.name).contains(choice, Qt::CaseInsensitive)) return i;
  }
  return -1;
}

QStringList ModelController::deviceNames() const {
  QStringList names;
  for (const DeviceInfo& device : m_engine.devices()) names += QString::fromStdString(device.name);
  return names;
}

QStringList ModelController::deviceTitles() const {
  QStringList titles = deviceNames();
  for (int i = 0; i < titles.size(); ++i) {
    const DeviceKind kind = m_engine.devices()[i].kind;
    if (kind == DeviceKind::cpu) titles[i].prepend(tr("CPU · "));
    if (kind == DeviceKind::software) titles[i].prepend(tr("Software · "));
  }
  return titles;
}

void ModelController::openFirst(const QString& model, const QString& device) {
  m_wanted.context = m_settings.value(kContextKey, 0).toUInt();
  m_wanted.cacheFormat = cacheFormatFrom(m_settings.value(kCacheKey).toString());
  m_askedDevice = device;
  const QString last = m_settings.value(kLastKey, kDemoModel).toString();
  open(model.isEmpty() ? last : model);
}

void ModelController::chooseDevice() {
  const QString known = m_settings.value(kDeviceKey).toString();
  const int asked = m_askedDevice.isEmpty() ? -1 : findDevice(m_askedDevice);
  m_wanted.device = asked >= 0 ? asked : qMax(0, known.isEmpty() ? 0 : findDevice(known));
  Q_EMIT devicesKnown();
  if (!m_askedDevice.isEmpty() && asked < 0) {
    Q_EMIT failed(tr("There is no device “%1”; %2 is used.").arg(m_askedDevice, deviceNames().value(m_wanted.device)),
                  LoadFailure::broken, m_wanted);
  }
  if (m_loading) open(m_wanted);
}

void ModelController::cancel() {
  m_engine.cancelLoad();
  if (m_engine.devices().isEmpty()) loadFailed(tr("Loading was cancelled."), LoadFailure::cancelled);
}

ModelChoice ModelController::choiceFor(const QString& path) const {
  ModelChoice choice = m_wanted;
  if (choice.path != path) {
    choice.simulation.clear();
    choice.activations.clear();
  }
  choice.path = path;
  return choice;
}

void ModelController::open(const QString& path) {
  open(choiceFor(path == kDemoModel ? path : QFileInfo(path).absoluteFilePath()));
}

void ModelController::open(const ModelChoice& choice) {
  m_wanted = choice;
  m_loading = true;
  Q_EMIT loadStarted(modelTitle(choice.path));
  if (!m_engine.devices().isEmpty()) m_engine.open(choice);
}

void ModelController::setDevice(int device) {
  if (device == m_wanted.device) return;
  m_wanted.device = device;
  open(m_wanted);
}

void ModelController::setContext(quint32 context, FormatId cacheFormat) {
  if (context == m_wanted.context && cacheFormat == m_wanted.cacheFormat) return;
  m_wanted.context = context;
  m_wanted.cacheFormat = cacheFormat;
  open(m_wanted);
}

void ModelController::setPrecision(const QString& simulation, const QString& activations) {
  if (simulation == m_wanted.simulation && activations == m_wanted.activations) return;
  m_wanted.simulation = simulation;
  m_wanted.activations = activations;
  open(m_wanted);
}

QStringList ModelController::recent() const { return m_settings.value(kRecentKey).toStringList(); }

void ModelController::ready(std::shared_ptr<const LoadedModel> model) {
  m_loading = false;
  m_model = std::move(model);
  m_wanted = m_model->choice;
  m_settings.setValue(kLastKey, m_wanted.path);
  m_settings.setValue(kDeviceKey, deviceNames().value(m_wanted.device));
  m_settings.setValue(kContextKey, m_wanted.context);
  m_settings.setValue(kCacheKey, QLatin1String(numberFormat(m_wanted.cacheFormat).name));
  if (m_wanted.path != kDemoModel) {
    QStringList paths = recent();
    paths.removeAll(m_wanted.path);
    paths.prepend(m_wanted.path);
    m_settings.setValue(kRecentKey, QStringList(paths.mid(0, kMostRecent)));
  }
  Q_EMIT changed();
}

void ModelController::loadFailed(const QString& sentence, LoadFailure kind) {
  if (!m_loading) return;  // of an estimate
  m_loading = false;
  const ModelChoice tried = m_wanted;
  if (m_model) m_wanted = m_model->choice;
  Q_EMIT failed(sentence, kind, tried);
  // Without any model the program would be of no use; the demo model is always there.
  if (!m_model && !m_loading && tried.path != kDemoModel) open(ModelChoice{kDemoModel, m_wanted.device, 0, FormatId::f16});
}

}  // namespace cutaway
