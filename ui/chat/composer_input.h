// The composer's text field: it knows which keys send, stop or ask for the last message.
#pragma once

#include <QPlainTextEdit>

namespace cutaway {

class ComposerInput : public QPlainTextEdit {
  Q_OBJECT

 public:
  explicit ComposerInput(QWidget* parent = nullptr);

  /// Pixels for the text as it wraps now, between one line and `maximumLines`.
  int heightForLines(int maximumLines) const;

 signals:
  void sendPressed();
  void escapePressed();
  void upInEmptyPressed();
  void resized();

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void inputMethodEvent(QInputMethodEvent* event) override;
  void insertFromMimeData(const QMimeData* source) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  bool m_composing = false;  ///< an input method holds unfinished text; Enter belongs to it
};

}  // namespace cutaway
