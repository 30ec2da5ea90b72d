// Which precision the model is simulated in: a slider from 16 to 2 bits for the weights and how they share their scales, and
// whether activations are rounded to 8 bits.
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
  QString simulation() const;   ///< as parseSimulation reads it; empty: as stored
  QString activations() const;  ///< as parseActivations reads it; empty: as they are

 Q_SIGNALS:
  void chosen(const QString& simulation, const QString& activations);  ///< a moment after the last change

 private:
  void change();
  void changeActivations();
  void chooseCalibration();
  void describe();
  void describeActivations();

  QLabel* m_bitsText;
  QSlider* m_bits;
  QComboBox* m_grid;
  QComboBox* m_shares;
  QComboBox* m_activations;
  int m_accepted = 0;     ///< item of it that is not undone by a dialog that brings nothing
  QString m_calibration;  ///< path of the text that static scales are from; empty: none
  QCheckBox* m_everything;
  QLabel* m_result;
  QLabel* m_rounding;
  QTimer m_pause;
};

/// "4 bits", "NF4", "Q4_K" of a simulation's text, "As stored" of none; with " + A8" where activations are rounded.
QString precisionTitle(const QString& simulation, const QString& activations = {});

}  // namespace cutaway
