// The window that makes a model in fewer bits: what, how, where to; progress with the error of every tensor; open it.
#pragma once

#include <QDialog>
#include <QTimer>

#include "ui/window/quantize_job.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTableWidget;

namespace cutaway {

class QuantizeDialog : public QDialog {
  Q_OBJECT

 public:
  /// `sources`: paths, or kDemoModel; the first one is offered.
  QuantizeDialog(const QStringList& sources, SharedBytes demoModel, QWidget* parent);

 Q_SIGNALS:
  void openWanted(const QString& path);  ///< what was made

 protected:
  void reject() override;  ///< stops what is running

 private:
  QWidget* makeChoices();
  void connectJob();
  QuantizeOrder order() const;
  void proposeTarget();
  void change();  ///< asks for another forecast
  void showForecast(const QuantizeForecast& forecast);
  void showProgress(const ConversionProgress& progress);
  void addReport(const TensorReport& report);
  void setRunning(bool running);
  void begin();
  void choosePath(QLineEdit& into, bool existing, const QString& title, const QString& filter);

  QuantizeJob m_job;
  QComboBox* m_source;
  QComboBox* m_mix;
  QComboBox* m_method;
  QLineEdit* m_importance;
  QLineEdit* m_target;
  QCheckBox* m_pure;
  QWidget* m_choices;
  QLabel* m_forecast;
  QProgressBar* m_bar;
  QLabel* m_state;
  QTableWidget* m_table;
  QPushButton* m_start;
  QPushButton* m_pause;
  QPushButton* m_stop;
  QPushButton* m_open;
  QTimer m_typing;     ///< runs for a moment after the last key
  QString m_proposed;  ///< the target's name as it was proposed last
  QString m_made;      ///< path of what was made
};

}  // namespace cutaway
