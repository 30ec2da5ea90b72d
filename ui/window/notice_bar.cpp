#include "ui/window/notice_bar.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include "ui/theme.h"

namespace cutaway {
namespace {

/// The engine's errors begin like "the weights of X need"; here they stand alone.
QString asSentence(const QString& text) {
  QString out = text.trimmed();
  if (out.isEmpty()) return out;
  out[0] = out[0].toUpper();
  return out.back().isPunct() && out.back() != QLatin1Char(')') && out.back() != QLatin1Char('"') ? out : out + QLatin1Char('.');
}

}  // namespace

NoticeBar::NoticeBar(QWidget* parent)
    : QFrame(parent), m_text(new QLabel(this)), m_action(new QPushButton(this)), m_dismiss(new QPushButton(this)) {
  setObjectName(QStringLiteral("noticeBar"));
  m_text->setObjectName(QStringLiteral("noticeText"));
  m_text->setWordWrap(true);
  m_text->setTextFormat(Qt::PlainText);
  m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  m_text->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  m_text->setAccessibleName(tr("Notice"));
  m_action->setObjectName(QStringLiteral("noticeAction"));
  m_action->setAccessibleName(tr("Act on the notice"));
  m_dismiss->setObjectName(QStringLiteral("noticeDismiss"));
  m_dismiss->setText(tr("Dismiss"));
  m_dismiss->setAccessibleName(tr("Dismiss the notice"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(Theme::kGrid * 3 / 2, Theme::kGrid, Theme::kGrid, Theme::kGrid);
  row->setSpacing(Theme::kGrid);
  row->addWidget(m_text, 1);
  row->addWidget(m_action);
  row->addWidget(m_dismiss);
  connect(m_dismiss, &QPushButton::clicked, this, &NoticeBar::dismiss);
  connect(m_action, &QPushButton::clicked, this, [this] {
    const std::function<void()> act = m_act;
    dismiss();
    if (act) act();
  });
  connect(&Theme::instance(), &Theme::changed, this, &NoticeBar::restyle);
  hide();
}

void NoticeBar::show(Kind kind, const QString& sentence, const QString& action, std::function<void()> act) {
  m_kind = kind;
  m_act = std::move(act);
  m_text->setText(asSentence(sentence));
  m_text->setAccessibleDescription(m_text->text());
  m_action->setText(action);
  if (!action.isEmpty()) m_action->setAccessibleName(action);
  m_action->setVisible(!action.isEmpty());
  restyle();
  QFrame::show();
  QAccessibleEvent event(this, QAccessible::Alert);
  QAccessible::updateAccessibility(&event);
}

void NoticeBar::dismiss() {
  m_text->clear();
  m_act = {};
  hide();
}

QString NoticeBar::sentence() const { return m_text->text(); }

void NoticeBar::restyle() {
  const ThemeColours& c = Theme::instance().colours();
  const QColor edge = m_kind == Kind::problem ? c.error : c.hairline;
  setStyleSheet(QStringLiteral("#noticeBar { background: %1; border: 1px solid %2; border-radius: 8px; }")
                    .arg(c.panel.name(), edge.name()));
}

}  // namespace cutaway
