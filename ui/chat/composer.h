// The message composer: Enter sends, Shift+Enter breaks the line, Esc stops.
#pragma once

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace cutaway {

class ComposerInput;

class Composer : public QWidget {
  Q_OBJECT

 public:
  explicit Composer(QWidget* parent = nullptr);

  QString text() const;
  void setText(const QString& text);
  void focusInput();
  /// While an answer is written the button says Stop; typing goes on, Enter does not send.
  void setBusy(bool busy);
  bool isBusy() const { return m_busy; }
  /// Not ready: the placeholder says why ("Loading the demo model..."), sending is off. An empty placeholder
  /// while ready stands for the usual one.
  void setReady(bool ready, const QString& placeholder = QString());
  /// "Editing a message: sending makes a new branch", with a way to leave; empty to end it. `action`: what the
  /// button says instead of Send.
  void setEditing(const QString& notice, const QString& action = QString());
  bool isEditing() const;

  static constexpr int kMaximumLines = 8;

 signals:
  void sendRequested(const QString& text);  ///< not blank; the composer keeps its text until setText()
  void stopRequested();
  void editingCancelled();
  void editLastRequested();  ///< Up in an empty composer
  void textEdited();         ///< for the token counter

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void press();   ///< the button: send or stop
  void escape();  ///< stop, else leave editing
  void send();
  void updateButton();
  void updateHeight();
  void updatePlaceholder();
  void restyle();

  ComposerInput* m_input;
  QPushButton* m_button;
  QWidget* m_strip;
  QLabel* m_notice;
  QString m_action, m_placeholder;
  bool m_busy = false, m_ready = true;
};

}  // namespace cutaway
