// What is being loaded, what it takes of memory, how far it is, and a way to cancel.
#pragma once

#include <QFrame>

#include "ui/engine/engine_data.h"

class QLabel;
class QProgressBar;
class QPushButton;

namespace cutaway {

class LoadingStrip : public QFrame {
  Q_OBJECT

 public:
  explicit LoadingStrip(QWidget* parent = nullptr);

  void begin(const QString& name);
  void showFit(const FitReport& report);
  void setProgress(quint64 done, quint64 total);
  void end();

 Q_SIGNALS:
  void cancelRequested();

 private:
  QLabel* m_title;
  QLabel* m_detail;
  QProgressBar* m_progress;
  QPushButton* m_cancel;
};

/// "needs 215 MiB (weights 105 MiB, cache 90 MiB, scratch 20 MiB) of 7.2 GiB that the device has left"
QString fitSentence(const FitReport& report);

}  // namespace cutaway
