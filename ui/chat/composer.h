// The message composer: Enter sends, Shift+Enter breaks the line, Esc stops.
#pragma once

#include <QWidget>

class QPlainTextEdit;
class QPushButton;

namespace cutaway {

class Composer : public QWidget {
  Q_OBJECT

 public:
  explicit Composer(QWidget* parent = nullptr);

  QString text() const;
  void setText(const QString& text);
  void focusInput();
  /// While an answer is written the button says Stop; typing goes on, Enter does not send.
  void setBusy(bool busy);
  /// Not ready: the placeholder says why ("Loading the demo model..."), sending is off.
  void setReady(bool ready, const QString& placeholder);
  /// "Editing a message: sending makes a new branch", with a way to leave; empty to end it.
  void setEditing(const QString& notice);

 signals:
  void sendRequested(const QString& text);
  void stopRequested();
  void editingCancelled();
  void textEdited();  ///< for the token counter

 private:
  QPlainTextEdit* m_input;
  QPushButton* m_button;
  bool m_busy = false, m_ready = true;
};

}  // namespace cutaway
