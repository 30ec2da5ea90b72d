// The question before sending what does not fit the context, with counts and what would make it fit.
#pragma once

#include <QDialog>

#include "ui/engine/engine_data.h"

class QCheckBox;

namespace cutaway {

/// Non-blocking: show it with open(). Closing it is cancelling.
class ContextDialog : public QDialog {
  Q_OBJECT

 public:
  /// `modelContext`: what the model was trained for.
  ContextDialog(const PromptPlan& plan, quint32 modelContext, QWidget* parent = nullptr);

  /// The context that would be asked for; 0 when none would do.
  static quint32 largerContext(const PromptPlan& plan, quint32 modelContext);

 Q_SIGNALS:
  void largerChosen(quint32 context);
  void leaveOutChosen(bool always);
  void cancelled();

 private:
  QCheckBox* m_always;
};

}  // namespace cutaway
