// The bar below the menus: which model, on which device.
#pragma once

#include <QToolBar>

#include "ui/engine/engine_data.h"

class QComboBox;
class QMenu;
class QToolButton;

namespace cutaway {

class PrecisionPanel;

class TopBar : public QToolBar {
  Q_OBJECT

 public:
  explicit TopBar(QWidget* parent);

  void setModel(const QString& title);
  void setPrecision(const ModelCard* card);  ///< of what is loaded; null: nothing is
  void setDevices(const QStringList& names);
  void setDevice(int device);
  void setRecent(const QStringList& paths);
  void chooseModel();   ///< opens the menu, for the keyboard
  void chooseDevice();
  void choosePrecision();
  void setViews(QMenu* views);  ///< the menu of what can be looked at

 Q_SIGNALS:
  void openRequested();
  void modelChosen(const QString& path);
  void deviceChosen(int device);
  void precisionChosen(const QString& simulation, const QString& activations);

 private:
  QToolButton* m_model;
  QToolButton* m_precision;
  PrecisionPanel* m_precisionPanel;
  QComboBox* m_device;
};

}  // namespace cutaway
