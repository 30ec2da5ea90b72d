#include "ui/chat/find_bar.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

#include "ui/chat/chat_view.h"
#include "ui/theme.h"

namespace cutaway {

namespace {

QToolButton* makeButton(QWidget* parent, const QString& text, const QString& name, const QString& tip) {
  auto* button = new QToolButton(parent);
  button->setText(text);
  button->setAccessibleName(name);
  button->setToolTip(tip);
  button->setAutoRaise(true);
  return button;
}

}  // namespace

FindBar::FindBar(ChatView* view, QWidget* parent)
    : QWidget(parent), m_view(view), m_field(new QLineEdit(this)), m_count(new QLabel(this)) {
  m_field->setPlaceholderText(tr("Find in this chat"));
  m_field->setAccessibleName(tr("Find in this chat"));
  m_field->setClearButtonEnabled(true);
  m_field->setMaximumWidth(320);
  m_field->installEventFilter(this);
  m_count->setAccessibleName(tr("Matches"));
  m_previous =
      makeButton(this, QStringLiteral("↑"), tr("Previous match"), tr("Previous match (Shift+Enter)"));
  m_next = makeButton(this, QStringLiteral("↓"), tr("Next match"), tr("Next match (Enter)"));
  auto* leave = makeButton(this, QStringLiteral("✕"), tr("Close"), tr("Close (Esc)"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(Theme::kGrid, Theme::kGrid / 2, Theme::kGrid, Theme::kGrid / 2);
  row->setSpacing(Theme::kGrid / 2);
  row->addWidget(m_field, 1);
  row->addWidget(m_previous);
  row->addWidget(m_next);
  row->addWidget(m_count);
  row->addStretch();
  row->addWidget(leave);
  connect(m_field, &QLineEdit::textChanged, this, &FindBar::search);
  connect(m_previous, &QToolButton::clicked, this, &FindBar::previous);
  connect(m_next, &QToolButton::clicked, this, &FindBar::next);
  connect(leave, &QToolButton::clicked, this, &FindBar::close);
  showCount(0);
  hide();
}

void FindBar::open() {
  show();
  m_field->setFocus(Qt::ShortcutFocusReason);
  m_field->selectAll();
  search();
}

void FindBar::close() {
  hide();
  m_view->find({}, 0);
  m_view->setFocus();
  emit closed();
}

void FindBar::search() {
  m_current = 0;
  showCount(m_view->find(m_field->text(), m_current));
}

void FindBar::step(int by) {
  const int count = m_view->find(m_field->text(), m_current + by);
  m_current = count > 0 ? (m_current + by + count) % count : 0;
  showCount(count);
}

void FindBar::showCount(int count) {
  m_previous->setEnabled(count > 0);
  m_next->setEnabled(count > 0);
  if (m_field->text().isEmpty())
    m_count->clear();
  else
    m_count->setText(count > 0 ? tr("%1 of %2").arg(m_current + 1).arg(count) : tr("no matches"));
}

bool FindBar::eventFilter(QObject* watched, QEvent* event) {
  if (watched == m_field && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_Escape) {
      close();
      return true;
    }
    if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
      step(key->modifiers() & Qt::ShiftModifier ? -1 : 1);
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace cutaway
