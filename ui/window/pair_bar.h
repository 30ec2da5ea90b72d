// Above the two chats: what stands on which side, how the second model takes part, and what both cost.
#pragma once

#include <QFrame>

#include "ui/engine/pair_data.h"

class QComboBox;
class QLabel;
class QMenu;
class QPushButton;
class QToolButton;

namespace cutaway {

class PairBar : public QFrame {
  Q_OBJECT

 public:
  explicit PairBar(QWidget* parent = nullptr);

  void setMode(PairMode mode);
  void setModels(QMenu* models);  ///< the choice of the second one
  void setFirst(const QString& text);   ///< what stands on the left, what it takes and how fast it is
  void setSecond(const QString& text);
  void setDifference(const QString& text, bool canGo);  ///< of the last answer

 Q_SIGNALS:
  void modeChosen(cutaway::PairMode mode);
  void differenceRequested();
  void closeRequested();

 private:
  QLabel *m_first, *m_second, *m_difference;
  QToolButton* m_model;
  QComboBox* m_mode;
  QPushButton* m_go;
};

}  // namespace cutaway
