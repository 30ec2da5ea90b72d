#include "ui/chat/composer_input.h"

#include <QKeyEvent>
#include <QMimeData>
#include <QTextBlock>
#include <QTextLayout>
#include <cmath>

namespace cutaway {

ComposerInput::ComposerInput(QWidget* parent) : QPlainTextEdit(parent) {
  setFrameShape(QFrame::NoFrame);
  setTabChangesFocus(true);
  setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  document()->setDocumentMargin(0);
}

int ComposerInput::heightForLines(int maximumLines) const {
  int lines = 0;
  for (QTextBlock block = document()->begin(); block.isValid() && lines < maximumLines; block = block.next())
    lines += std::max(1, block.layout()->lineCount());
  lines = std::clamp(lines, 1, maximumLines);
  return int(std::ceil(lines * QFontMetricsF(font()).lineSpacing())) + 2;
}

void ComposerInput::keyPressEvent(QKeyEvent* event) {
  const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  if (enter && m_composing) return;  // the input method takes it, or it means nothing
  if (enter && event->modifiers() & Qt::ShiftModifier) {
    insertPlainText(QStringLiteral("\n"));
    return ensureCursorVisible();
  }
  if (enter) return emit sendPressed();
  if (event->key() == Qt::Key_Escape && !m_composing) return emit escapePressed();
  if (event->key() == Qt::Key_Up && event->modifiers() == Qt::NoModifier && document()->isEmpty())
    return emit upInEmptyPressed();
  QPlainTextEdit::keyPressEvent(event);
}

void ComposerInput::inputMethodEvent(QInputMethodEvent* event) {
  m_composing = !event->preeditString().isEmpty();
  QPlainTextEdit::inputMethodEvent(event);
}

void ComposerInput::insertFromMimeData(const QMimeData* source) {
  if (source->hasText()) insertPlainText(source->text());
  ensureCursorVisible();
}

void ComposerInput::resizeEvent(QResizeEvent* event) {
  QPlainTextEdit::resizeEvent(event);
  emit resized();
}

}  // namespace cutaway
