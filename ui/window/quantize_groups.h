// The rows of the quantize window about codes with a scale per group: rounding in groups, GPTQ and AWQ.
#pragma once

#include <QObject>

#include "core/convert/quantize.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QSpinBox;

namespace cutaway {

class PathRow;

class QuantizeGroups : public QObject {
  Q_OBJECT

 public:
  /// Adds its rows to the form. `text`: the calibration text that is offered; or empty.
  QuantizeGroups(QFormLayout& form, const QString& text, QWidget* parent);

  void setMethod(const QuantizeMethod& method);  ///< shows the rows that it takes
  GroupedOptions options() const;
  QString text() const;        ///< path of the calibration text
  QString nameEnding() const;  ///< "4bit-128g"
  bool makesDirectory() const { return options().form != TargetForm::gguf; }

 Q_SIGNALS:
  void changed();
  void typed();

 private:
  void addScheme(QWidget* parent);
  void addMethods(QWidget* parent);
  void explain();  ///< which choices do not go together with the others

  QFormLayout& m_rows;
  const QuantizeMethod* m_method = nullptr;
  QComboBox* m_form;
  QComboBox* m_bits;
  QComboBox* m_group;
  QCheckBox* m_zeroPoint;
  QCheckBox* m_byImportance;
  QCheckBox* m_staticGroups;
  QDoubleSpinBox* m_damping;
  QCheckBox* m_clips;
  PathRow* m_text;
  QSpinBox* m_tokens;
  QWidget *m_scheme, *m_order;
};

}  // namespace cutaway
