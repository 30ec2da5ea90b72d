// The window that makes a model in fewer bits: what, how, where to; progress with the error of every tensor; open it.
#pragma once

#include <QDialog>
#include <QTimer>

#include "ui/window/quantize_job.h"

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QProgressBar;
class QPushButton;
class QTableWidget;

namespace cutaway {

class PathRow;
class QuantizeGroups;

/// What the window works with.
struct QuantizeMaterial {
  QStringList sources;  ///< paths, or kDemoModel; the first one is offered
  SharedBytes demoModel;
  OpenBackend openBackend;
  QString text;         ///< used for calibration last; or empty
};

class QuantizeDialog : public QDialog {
  Q_OBJECT

 public:
  QuantizeDialog(const QuantizeMaterial& material, QWidget* parent);

 Q_SIGNALS:
  void openWanted(const QString& path);  ///< what was made
  void textUsed(const QString& path);    ///< for calibration

 protected:
  void reject() override;  ///< stops what is running

 private:
  QWidget* makeChoices(const QString& text);
  const QuantizeMethod& method() const;
  void showMethod();  ///< the rows that it takes
  void connectJob();
  QuantizeOrder order() const;
  void proposeTarget();
  void change();  ///< asks for another forecast
  void showForecast(const QuantizeForecast& forecast);
  void showProgress(const ConversionProgress& progress);
  void addReport(const TensorReport& report);
  void showUnfinished(const std::optional<UnfinishedRun>& run);
  void setRunning(bool running);
  void begin(bool restarts);

  QuantizeJob m_job;
  QComboBox* m_source;
  QComboBox* m_mix;
  QComboBox* m_method;
  PathRow* m_importance;
  PathRow* m_target;
  QCheckBox* m_pure;
  QFormLayout* m_form = nullptr;
  QuantizeGroups* m_groups = nullptr;
  QWidget* m_choices;
  QLabel* m_forecast;
  QProgressBar* m_bar;
  QLabel* m_state;
  QTableWidget* m_table;
  QPushButton* m_start;
  QPushButton* m_pause;
  QPushButton* m_stop;
  QPushButton* m_keep;     ///< stops and keeps what is done
  QPushButton* m_restart;  ///< where an unfinished run can go on
  QPushButton* m_open;
  QTimer m_typing;     ///< runs for a moment after the last key
  QString m_proposed;  ///< the target's name as it was proposed last
  QString m_made;      ///< path of what was made
  bool m_replaces = false;  ///< an unfinished run of something else, which cannot go on
};

}  // namespace cutaway
