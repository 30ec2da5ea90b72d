// Says above the composer that edits change what the model answers, for as long as they do.
#pragma once

#include <QFrame>

class QLabel;

namespace cutaway {

class EditsStrip : public QFrame {
  Q_OBJECT

 public:
  explicit EditsStrip(QWidget* parent = nullptr);
  void setEdits(const QStringList& edits);  ///< hidden without any

 Q_SIGNALS:
  void switchedOff();

 private:
  QLabel* m_text;
};

}  // namespace cutaway
