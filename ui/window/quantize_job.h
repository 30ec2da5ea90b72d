// Quantizes a model to a file on a thread of its own, and tells how it goes.
#pragma once

#include <QObject>
#include <atomic>
#include <optional>

#include "core/base/mapped_file.h"
#include "core/convert/quantize.h"
#include "ui/base/long_job.h"
#include "ui/engine/engine_data.h"

namespace cutaway {

/// What to make.
struct QuantizeOrder {
  QString source;      ///< path, or kDemoModel
  QString target;      ///< path
  QString method;      ///< "rtn"; of what follows, what it takes
  QString mix;         ///< "Q4_K_M"
  QString importance;  ///< path of an importance matrix; empty: none
  bool pure = false;
  GroupedOptions grouped = {};
  QString text = {};   ///< path of the calibration text
  bool restarts = false;  ///< begins anew where an unfinished run lies
};

/// What it will be.
struct QuantizeForecast {
  quint64 sourceBytes = 0, bytes = 0, freeBytes = 0;
  double bitsPerWeight = 0;
  quint64 fallbacks = 0;
  QString fallback;  ///< what becomes of the first tensor that does not fit
  bool targetExists = false;
  std::optional<UnfinishedRun> unfinished = {};
};

class QuantizeJob : public QObject {
  Q_OBJECT

 public:
  /// The device is opened on the job's thread, by methods that read a text.
  QuantizeJob(SharedBytes demoModel, OpenBackend openBackend, QObject* parent);
  ~QuantizeJob() override;  ///< leaves nothing half-written

  void forecast(const QuantizeOrder& order);  ///< -> forecastKnown or forecastFailed; the last one asked for counts
  void start(const QuantizeOrder& order);     ///< -> progressed, tensorDone .. finished or failed
  void pause(bool paused);
  void cancel(bool keeps = false);  ///< `keeps`: what is done, to go on with later
  bool isRunning() const { return m_job.isRunning(); }

 Q_SIGNALS:
  void forecastKnown(const cutaway::QuantizeForecast& forecast);
  void forecastFailed(const QString& sentence);
  void progressed(const cutaway::ConversionProgress& progress);
  void tensorDone(const cutaway::TensorReport& report);
  void finished(quint64 bytes, double seconds);
  void failed(const QString& sentence, bool cancelled);

 private:
  Result<std::pair<quint64, double>> convert(const QuantizeOrder& order, const LongJob::Run& run);

  SharedBytes m_demoModel;
  OpenBackend m_openBackend;
  std::atomic<bool> m_keeps = false;  ///< what is done when it is stopped
  quint64 m_forecast = 0;             ///< number of the last forecast asked for
  LongJob m_job;
};

}  // namespace cutaway
