#include "ui/theme_portal.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusReply>
#include <QDBusVariant>
#include <QFile>
#include <QThread>

namespace cutaway {

namespace {

const QString kService = QStringLiteral("org.freedesktop.portal.Desktop");
const QString kPath = QStringLiteral("/org/freedesktop/portal/desktop");
const QString kInterface = QStringLiteral("org.freedesktop.portal.Settings");
const QString kGroup = QStringLiteral("org.freedesktop.appearance");
const QString kKey = QStringLiteral("color-scheme");
const QString kBus = QStringLiteral("cutaway-theme");

/// Without this check the bus library may start a bus of its own.
bool hasSessionBus() {
  if (!qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS")) return true;
  const QString runtime = qEnvironmentVariable("XDG_RUNTIME_DIR");
  return !runtime.isEmpty() && QFile::exists(runtime + QStringLiteral("/bus"));
}

/// The value arrives wrapped in one variant or, from Read of older portals, in two.
bool meansDark(QVariant value) {
  while (value.canConvert<QDBusVariant>()) value = value.value<QDBusVariant>().variant();
  return value.toUInt() == 1;
}

}  // namespace

ThemePortal::ThemePortal() = default;

ThemePortal::~ThemePortal() { stop(); }

void ThemePortal::start() {
  if (m_thread || !hasSessionBus()) return;
  m_thread.reset(QThread::create([this] {
    QDBusConnection bus = QDBusConnection::connectToBus(QDBusConnection::SessionBus, kBus);
    if (!bus.isConnected()) return;
    bus.connect(kService, kPath, kInterface, QStringLiteral("SettingChanged"), this,
                SLOT(settingChanged(QString, QString, QDBusVariant)));
    QDBusMessage ask = QDBusMessage::createMethodCall(kService, kPath, kInterface, QStringLiteral("Read"));
    ask << kGroup << kKey;
    const QDBusMessage answer = bus.call(ask, QDBus::Block, 2000);
    if (answer.type() != QDBusMessage::ReplyMessage || answer.arguments().isEmpty()) return;
    emit darkPreferred(
        meansDark(answer.arguments().constFirst()));  // queued: we are not on the receiver's thread
  }));
  m_thread->start();
}

void ThemePortal::stop() {
  if (!m_thread) return;
  m_thread->wait();
  m_thread.reset();
  QDBusConnection::disconnectFromBus(kBus);
}

void ThemePortal::settingChanged(const QString& group, const QString& key, const QDBusVariant& value) {
  if (group == kGroup && key == kKey) emit darkPreferred(meansDark(value.variant()));
}

}  // namespace cutaway
