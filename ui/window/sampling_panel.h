// The controls of how answers are written, under the field's own names; one row of a table each.
#pragma once

#include <QWidget>
#include <functional>
#include <vector>

#include "ui/engine/answer_settings.h"

class QDoubleSpinBox;

namespace cutaway {

class Settings;

/// Shows and remembers AnswerSettings; every value it can show is one that validate() takes.
class SamplingPanel : public QWidget {
  Q_OBJECT

 public:
  explicit SamplingPanel(Settings& settings, QWidget* parent = nullptr);

  AnswerSettings values() const;
  void reset();  ///< to what the program starts with

 Q_SIGNALS:
  void changed();

 private:
  Settings& m_settings;
  std::vector<QDoubleSpinBox*> m_boxes;  ///< in the order of the table
};

}  // namespace cutaway
