// Measures many models, or many precisions of one, on a thread and a device of their own.
#pragma once

#include <QObject>
#include <QVector>

#include "core/eval/model_table.h"
#include "ui/base/long_job.h"
#include "ui/engine/engine_data.h"

namespace cutaway {

struct TableSource {
  QString name;        ///< in the table
  QString path;        ///< of a model, or kDemoModel
  QString simulation;  ///< of a precision; empty: as stored
  bool operator==(const TableSource&) const = default;
};

struct TableOrder {
  QVector<TableSource> sources;  ///< the first is the reference
  QString text;                  ///< path of what is read; empty: the demo model's held-out text
  int places = 0;                ///< scored of it, at most
};

/// A finished table with what a report says of it.
struct MeasuredTable {
  std::vector<ModelTableRow> rows;
  std::string device, text, sampleOf;
};

class TableJob : public QObject {
  Q_OBJECT

 public:
  /// `demoText` is what is read unless another text is named. The device is opened on the job's thread.
  TableJob(SharedBytes demoModel, SharedBytes demoText, OpenBackend openBackend);
  ~TableJob() override;

  void start(const TableOrder& order);  ///< -> progressed, rowDone .. finished or failed
  void stop() { m_job.stop(); }         ///< -> failed; the rows that are done stay
  bool isRunning() const { return m_job.isRunning(); }
  /// By the path's suffix: "csv", "md", else HTML. -> saved
  void save(const MeasuredTable& table, const QString& path);

 Q_SIGNALS:
  void progressed(double done, const QString& model);
  void rowDone(const cutaway::ModelTableRow& row);
  void finished(const cutaway::MeasuredTable& table);
  void failed(const QString& sentence);
  void saved(const QString& path, const QString& problem);  ///< empty: none

 private:
  Result<MeasuredTable> measure(const TableOrder& order, const LongJob::Run& run);

  SharedBytes m_demoModel, m_demoText;
  OpenBackend m_openBackend;
  LongJob m_job;
};

}  // namespace cutaway
