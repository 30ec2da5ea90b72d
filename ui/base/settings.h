// What the program remembers between two starts. Read once at the start, written on the background thread.
#pragma once

#include <QHash>
#include <QObject>
#include <QVariant>

#include "ui/base/background_thread.h"

namespace cutaway {

/// An INI file. The file is read by the constructor, which runs before the event loop does; after that values live
/// in memory and a change is written soon, so that a killed process forgets nothing.
class Settings : public QObject {
  Q_OBJECT

 public:
  Settings(const QString& path, BackgroundThread& thread, QObject* parent = nullptr);

  QVariant value(const QString& key, const QVariant& fallback = {}) const { return m_values.value(key, fallback); }
  void setValue(const QString& key, const QVariant& value);

 private:
  QString m_path;
  BackgroundThread& m_thread;
  QHash<QString, QVariant> m_values;
};

}  // namespace cutaway
