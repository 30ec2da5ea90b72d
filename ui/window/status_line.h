// The status bar's line: model, device, memory, context, speed. One label, so that a narrow window shortens it.
#pragma once

#include <QLabel>

#include "ui/engine/engine_data.h"

namespace cutaway {

class StatusLine : public QLabel {
  Q_OBJECT

 public:
  explicit StatusLine(QWidget* parent = nullptr);

  void setModel(const LoadedModel* model);
  void setMemory(const MemoryUse& use);
  void setContextUsed(quint32 tokens, quint32 context);
  void setSpeed(const AnswerStats& stats);
  void setActivity(const QString& text);  ///< "reading 120 of 400 tokens", in front; empty: none
  QString fullText() const;

  QSize minimumSizeHint() const override { return {0, QLabel::minimumSizeHint().height()}; }

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void refresh();

  QString m_activity, m_model, m_device, m_memory, m_context, m_speed;
};

}  // namespace cutaway
