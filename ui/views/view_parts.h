// The parts that inspector views are made of: heading, facts, column, page, and the line of a long question.
#pragma once

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTimer>
#include <QVBoxLayout>

#include "ui/views/view_question.h"

namespace cutaway {

/// Plain text that wraps and never widens its view. The name is for tests.
QLabel* makeHeading(const QString& name, const QString& text = {});
QLabel* makeFacts(const QString& name);  ///< in the muted colour

/// The view's margins and spacing.
QVBoxLayout* makeColumn(QWidget* page);
/// A column without margins, for what is shown only when there is something to show.
QVBoxLayout* makeBody(QWidget* body);
/// Scrolls `content` down, without a frame or a ground of its own.
QScrollArea* makeQuietArea(QWidget* content);
/// One above the other with a handle between them, heights in these parts at first.
QSplitter* makeSplit(QWidget* above, QWidget* below, int partsAbove, int partsBelow);
/// A page that fills the view and scrolls down when it is taller.
QWidget* makeScrollPage(QWidget* view, const QString& accessibleName);

/// Shown while a question is open for longer than a moment: how long it will take, how far it is, and a way out. And with its
/// answer, while edits act in the chat: whether they did in the answer.
class ProgressLine : public QWidget {
  Q_OBJECT

 public:
  explicit ProgressLine(ViewQuestion& question, QWidget* parent = nullptr);
  bool isOpen() const { return m_question.isOpen(); }  ///< also in the first moment, when it is not shown yet

 private:
  void showDone(double done);
  void showWaiting(bool waiting);
  void showEdits(EditsSeen edits);

  ViewQuestion& m_question;
  QWidget* m_row;
  QProgressBar* m_bar;
  QLabel *m_left, *m_edits;
  QTimer m_wait;
  qint64 m_start = 0;  ///< ms
  double m_expected = 0;  ///< s; 0: unknown
};

}  // namespace cutaway
