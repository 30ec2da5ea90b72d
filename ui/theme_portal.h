// Asks the desktop portal whether the user prefers dark, and hears when that changes.
#pragma once

#include <QObject>
#include <memory>

class QDBusVariant;
class QThread;

namespace cutaway {

/// Setting org.freedesktop.appearance color-scheme: 1 dark, 2 light, 0 no preference (taken as light).
/// Without a session bus or portal nothing is ever emitted. No call waits: even connecting to a bus may, so
/// that happens on a thread of its own.
class ThemePortal : public QObject {
  Q_OBJECT

 public:
  ThemePortal();
  ~ThemePortal() override;
  void start();  ///< once; later calls do nothing
  void stop();   ///< ends the thread

 signals:
  void darkPreferred(bool dark);

 private slots:
  void settingChanged(const QString& group, const QString& key, const QDBusVariant& value);

 private:
  std::unique_ptr<QThread> m_thread;
};

}  // namespace cutaway
