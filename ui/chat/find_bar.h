// Find in the chat: a field with "3 of 17", next and previous; Esc closes it.
#pragma once

#include <QWidget>

class QLabel;
class QLineEdit;
class QToolButton;

namespace cutaway {

class ChatView;

/// Hidden until open(). Searches the view it was made for.
class FindBar : public QWidget {
  Q_OBJECT

 public:
  explicit FindBar(ChatView* view, QWidget* parent = nullptr);
  void open();   ///< shows, takes the focus, keeps the last text selected
  void close();  ///< hides, unmarks, gives the focus back to the view
  void next() { step(+1); }
  void previous() { step(-1); }

 signals:
  void closed();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void search();
  void step(int by);
  void showCount(int count);

  ChatView* m_view;
  QLineEdit* m_field;
  QLabel* m_count;
  QToolButton *m_previous, *m_next;
  int m_current = 0;
};

}  // namespace cutaway
