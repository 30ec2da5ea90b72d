#include "ui/chat/composer.h"

#include <QAbstractTextDocumentLayout>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

#include "ui/chat/composer_input.h"
#include "ui/theme.h"

namespace cutaway {

namespace {
constexpr int kPadding = Theme::kGrid * 3 / 2;
constexpr qreal kRadius = 10;
}  // namespace

Composer::Composer(QWidget* parent)
    : QWidget(parent),
      m_input(new ComposerInput(this)),
      m_button(new QPushButton(this)),
      m_strip(new QWidget(this)),
      m_notice(new QLabel(m_strip)) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  m_input->setAccessibleName(tr("Message"));
  m_input->setAccessibleDescription(tr("Enter sends, Shift+Enter breaks the line, Esc stops"));
  m_input->setObjectName(QStringLiteral("composerInput"));
  m_input->installEventFilter(this);
  m_button->setObjectName(QStringLiteral("composerButton"));
  m_button->setProperty("primary", true);
  m_button->setFocusPolicy(Qt::TabFocus);

  auto* leave = new QToolButton(m_strip);
  leave->setObjectName(QStringLiteral("composerLeaveEditing"));
  leave->setText(tr("Cancel"));
  leave->setAccessibleName(tr("Cancel editing"));
  leave->setToolTip(tr("Leave the message as it was (Esc)"));
  m_notice->setWordWrap(true);
  m_notice->setTextFormat(Qt::PlainText);
  auto* strip = new QHBoxLayout(m_strip);
  strip->setContentsMargins(0, 0, 0, Theme::kGrid / 2);
  strip->addWidget(m_notice, 1);
  strip->addWidget(leave);
  m_strip->hide();

  auto* row = new QHBoxLayout;
  row->setSpacing(Theme::kGrid);
  row->addWidget(m_input, 1, Qt::AlignVCenter);
  row->addWidget(m_button, 0, Qt::AlignBottom);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(kPadding, Theme::kGrid, Theme::kGrid, Theme::kGrid);
  column->setSpacing(0);
  column->addWidget(m_strip);
  column->addLayout(row);

  connect(m_input, &ComposerInput::sendPressed, this, &Composer::send);
  connect(m_input, &ComposerInput::escapePressed, this, &Composer::escape);
  connect(m_input, &ComposerInput::upInEmptyPressed, this, &Composer::editLastRequested);
  // Wrapped lines are counted after the text has changed.
  connect(m_input->document()->documentLayout(), &QAbstractTextDocumentLayout::documentSizeChanged, this,
          &Composer::updateHeight);
  connect(m_input, &ComposerInput::resized, this, [this] {
    updateHeight();
    updatePlaceholder();
  });
  connect(m_input, &QPlainTextEdit::textChanged, this, [this] {
    updateHeight();
    updateButton();
    emit textEdited();
  });
  connect(m_button, &QPushButton::clicked, this, &Composer::press);
  connect(leave, &QToolButton::clicked, this, &Composer::editingCancelled);
  connect(&Theme::instance(), &Theme::changed, this, &Composer::restyle);
  setFocusProxy(m_input);
  setReady(true);
  restyle();
  updateHeight();
}

QString Composer::text() const { return m_input->toPlainText(); }

void Composer::setText(const QString& text) {
  m_input->setPlainText(text);
  m_input->moveCursor(QTextCursor::End);
}

void Composer::focusInput() { m_input->setFocus(Qt::OtherFocusReason); }

void Composer::setBusy(bool busy) {
  m_busy = busy;
  updateButton();
}

void Composer::setReady(bool ready, const QString& placeholder) {
  m_ready = ready;
  m_placeholder = placeholder.isEmpty() && ready ? tr("Write a message") : placeholder;
  updatePlaceholder();
  m_input->viewport()->update();  // Qt 6.4 leaves the old placeholder standing after a text was typed and cleared
  updateButton();
}

/// All of it where one line holds it, else its beginning up to an ellipsis.
void Composer::updatePlaceholder() {
  const QFontMetrics metrics = m_input->fontMetrics();
  const int room = m_input->viewport()->width();
  const auto fits = [&](const QString& text) { return metrics.horizontalAdvance(text) <= room; };
  const QString beginning = m_placeholder.left(m_placeholder.indexOf(QChar(0x2026)) + 1);
  QString shown = m_placeholder;
  if (!fits(shown)) shown = !beginning.isEmpty() && fits(beginning) ? beginning : metrics.elidedText(shown, Qt::ElideRight, room);
  if (shown != m_input->placeholderText()) m_input->setPlaceholderText(shown);
}

void Composer::setEditing(const QString& notice, const QString& action) {
  m_notice->setText(notice);
  m_action = action;
  updateButton();
  m_strip->setVisible(!notice.isEmpty());
  updateHeight();
}

bool Composer::isEditing() const { return !m_notice->text().isEmpty(); }

void Composer::press() {
  if (m_busy)
    emit stopRequested();
  else
    send();
}

void Composer::escape() {
  if (m_busy)
    emit stopRequested();
  else if (isEditing())
    emit editingCancelled();
}

void Composer::send() {
  if (m_busy || !m_ready || text().trimmed().isEmpty()) return;
  emit sendRequested(text());
}

void Composer::updateButton() {
  m_button->setText(m_busy ? tr("Stop") : isEditing() && !m_action.isEmpty() ? m_action : tr("Send"));
  m_button->setToolTip(m_busy ? tr("Stop the answer (Esc)") : tr("Send the message (Enter)"));
  m_button->setAccessibleName(m_busy ? tr("Stop the answer") : tr("Send the message"));
  m_button->setEnabled(m_busy || (m_ready && !text().trimmed().isEmpty()));
}

void Composer::updateHeight() {
  const int height = m_input->heightForLines(kMaximumLines);
  if (m_input->height() != height || m_input->minimumHeight() != height) m_input->setFixedHeight(height);
}

void Composer::restyle() {
  const ThemeColours& c = Theme::instance().colours();
  m_input->setStyleSheet(QStringLiteral("QPlainTextEdit { background: transparent; border: none; }"));
  m_notice->setStyleSheet(QStringLiteral("color: %1").arg(c.mutedText.name()));
  update();
}

void Composer::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() != QEvent::FontChange) return;
  updateHeight();
  updatePlaceholder();
}

bool Composer::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) update();
  return QWidget::eventFilter(watched, event);
}

void Composer::paintEvent(QPaintEvent*) {
  const ThemeColours& c = Theme::instance().colours();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(m_input->hasFocus() ? c.accent : c.hairline);
  painter.setBrush(c.base);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
}

}  // namespace cutaway
