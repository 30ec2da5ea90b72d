// Which precision the model's weights are simulated in: a slider from 16 to 2 bits, and how they share their scales.
#pragma once

#include <QTimer>
#include <QWidget>

class QCheckBox;
class QComboBox;
class QLabel;
class QSlider;

namespace cutaway {

struct ModelCard;

class PrecisionPanel : public QWidget {
  Q_OBJECT

 public:
  explicit PrecisionPanel(QWidget* parent);

  /// What is loaded: its simulation and what that left. Says nothing back.
  void setModel(const ModelCard* card);
  QString simulation() const;  ///< as parseSimulation reads it; empty: as stored

 Q_SIGNALS:
  void chosen(const QString& simulation);  ///< a moment after the last change

 private:
  void change();
  void describe();

  QLabel* m_bitsText;
  QSlider* m_bits;
  QComboBox* m_grid;
  QComboBox* m_shares;
  QCheckBox* m_everything;
  QLabel* m_result;
  QTimer m_pause;
};

/// "4 bits", "NF4", "Q4_K" of a simulation's text; "As stored" of none.
QString precisionTitle(const QString& simulation);

}  // namespace cutaway
