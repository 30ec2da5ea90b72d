// Which model is loaded and how: first start, recent files, device, context. Remembers what was used.
#pragma once

#include <QObject>
#include <QStringList>
#include <memory>

#include "ui/engine/engine_controller.h"

namespace cutaway {

class Settings;

class ModelController : public QObject {
  Q_OBJECT

 public:
  ModelController(EngineController& engine, Settings& settings, QObject* parent = nullptr);

  /// What the command line asked for, else what was used last, else the demo model; loaded when the devices are known.
  void openFirst(const QString& model, const QString& device);
  void open(const QString& path);
  void open(const ModelChoice& choice);
  void setDevice(int device);
  void setContext(quint32 context, FormatId cacheFormat);
  /// As parseSimulation and parseActivations read them; empty: as stored, and activations as they are.
  void setPrecision(const QString& simulation, const QString& activations);
  void cancel();
  void retry() { open(m_wanted); }

  /// For a path, with the device, context and cache format in use.
  ModelChoice choiceFor(const QString& path) const;
  const std::shared_ptr<const LoadedModel>& model() const { return m_model; }
  bool isLoading() const { return m_loading; }
  int device() const { return m_wanted.device; }
  QStringList recent() const;  ///< paths, last used first
  QStringList deviceNames() const;
  QStringList deviceTitles() const;  ///< for people: what kind each one is

 Q_SIGNALS:
  void devicesKnown();
  void loadStarted(const QString& name);
  void changed();  ///< model() is another one, or none
  /// `tried`: what was asked for.
  void failed(const QString& sentence, cutaway::LoadFailure kind, const cutaway::ModelChoice& tried);

 private:
  void chooseDevice();
  void ready(std::shared_ptr<const LoadedModel> model);
  void loadFailed(const QString& sentence, LoadFailure kind);
  int findDevice(const QString& choice) const;  ///< -1: none

  EngineController& m_engine;
  Settings& m_settings;
  ModelChoice m_wanted;
  QString m_askedDevice;  ///< on the command line
  std::shared_ptr<const LoadedModel> m_model;
  bool m_loading = false;
};

/// As the settings name it; F16 when they do not.
FormatId cacheFormatFrom(const QString& name);

/// What a path is called in menus: the file's name, or "Demo model".
QString modelTitle(const QString& path);

}  // namespace cutaway
