#include "ui/base/settings.h"

#include <QSettings>

#include "ui/base/thread_check.h"

namespace cutaway {

Settings::Settings(const QString& path, BackgroundThread& thread, QObject* parent)
    : QObject(parent), m_path(path), m_thread(thread) {
  const QSettings file(path, QSettings::IniFormat);
  for (const QString& key : file.allKeys()) m_values.insert(key, file.value(key));
}

void Settings::setValue(const QString& key, const QVariant& value) {
  if (m_values.contains(key) && m_values.value(key) == value) return;
  m_values.insert(key, value);
  m_thread.post([path = m_path, key, value] {
    noteBlockingCall("Settings::write");
    QSettings(path, QSettings::IniFormat).setValue(key, value);
  });
}

}  // namespace cutaway
