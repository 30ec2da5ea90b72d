// The bar below the menus: which model, on which device.
#pragma once

#include <QToolBar>

#include "ui/engine/engine_data.h"

class QComboBox;
class QMenu;
class QToolButton;

namespace cutaway {

class TopBar : public QToolBar {
  Q_OBJECT

 public:
  explicit TopBar(QWidget* parent);

  void setModel(const QString& title);
  void setDevices(const QStringList& names);
  void setDevice(int device);
  void setRecent(const QStringList& paths);
  void chooseModel();   ///< opens the menu, for the keyboard
  void chooseDevice();
  void setViews(QMenu* views);  ///< the menu of what can be looked at

 Q_SIGNALS:
  void openRequested();
  void modelChosen(const QString& path);
  void deviceChosen(int device);

 private:
  QToolButton* m_model;
  QComboBox* m_device;
};

}  // namespace cutaway
