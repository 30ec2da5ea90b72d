// Before loading: what a model takes of memory against what the device has, with a slider for the context.
#pragma once

#include <QDialog>

#include "ui/engine/engine_data.h"

class QComboBox;
class QDialogButtonBox;
class QLabel;
class QProgressBar;
class QSlider;
class QSpinBox;

namespace cutaway {

/// Non-blocking: show it with open(). Asks for a new estimate whenever something is changed.
class FitDialog : public QDialog {
  Q_OBJECT

 public:
  FitDialog(const ModelChoice& choice, const QStringList& devices, QWidget* parent = nullptr);

  void setDevices(const QStringList& names, int chosen);
  void showReport(const FitReport& report);
  void showProblem(const QString& sentence);
  const ModelChoice& choice() const { return m_choice; }

 Q_SIGNALS:
  void estimateWanted(const cutaway::ModelChoice& choice);
  void loadRequested(const cutaway::ModelChoice& choice);

 private:
  void setContext(quint32 context);
  void change();

  ModelChoice m_choice;
  quint32 m_longest = 0;  ///< the model's own
  QLabel* m_title;
  QLabel* m_detail;
  QLabel* m_verdict;
  QProgressBar* m_bar;
  QSlider* m_slider;
  QSpinBox* m_context;
  QComboBox* m_cacheFormat;
  QComboBox* m_device;
  QDialogButtonBox* m_buttons;
};

}  // namespace cutaway
