#include "ui/window/edits_strip.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include "ui/theme.h"

namespace cutaway {

EditsStrip::EditsStrip(QWidget* parent) : QFrame(parent), m_text(new QLabel) {
  setObjectName(QStringLiteral("editsStrip"));
  m_text->setObjectName(QStringLiteral("editsNotice"));
  m_text->setWordWrap(true);
  auto* off = new QPushButton(tr("Switch edits off"));
  off->setObjectName(QStringLiteral("editsOff"));
  off->setAccessibleName(tr("Switch edits off in the chat"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(Theme::kGrid, Theme::kGrid / 2, Theme::kGrid, Theme::kGrid / 2);
  row->setSpacing(Theme::kGrid);
  row->addWidget(m_text, 1);
  row->addWidget(off);
  connect(off, &QPushButton::clicked, this, &EditsStrip::switchedOff);
  hide();
}

void EditsStrip::setEdits(const QStringList& edits) {
  m_text->setText(edits.size() == 1 ? tr("An edit is on: answers are not the model's own.")
                                    : tr("%1 edits are on: answers are not the model's own.").arg(edits.size()));
  m_text->setToolTip(edits.join(QLatin1Char('\n')));
  setAccessibleName(m_text->text());
  setVisible(!edits.isEmpty());
}

}  // namespace cutaway
