#include "ui/window/context_dialog.h"

#include <QCheckBox>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>
#include <bit>

#include "ui/base/text.h"
#include "ui/theme.h"

namespace cutaway {
namespace {

QPushButton* choice(QWidget* parent, const QString& text, const char* name) {
  auto* button = new QPushButton(text, parent);
  button->setObjectName(QLatin1String(name));
  button->setAccessibleName(text);
  return button;
}

}  // namespace

quint32 ContextDialog::largerContext(const PromptPlan& plan, quint32 modelContext) {
  const quint32 least = plan.needed + plan.reserve;
  const quint32 most = qMin(plan.longestContext, modelContext);
  if (least > most) return 0;
  return qMin(most, std::bit_ceil(least));
}

ContextDialog::ContextDialog(const PromptPlan& plan, quint32 modelContext, QWidget* parent)
    : QDialog(parent), m_always(new QCheckBox(tr("Do so in this conversation without asking again"), this)) {
  setObjectName(QStringLiteral("contextDialog"));
  setWindowTitle(tr("The context is full"));
  auto* text = new QLabel(this);
  text->setObjectName(QStringLiteral("contextText"));
  text->setWordWrap(true);
  text->setTextFormat(Qt::PlainText);
  text->setText(tr("The conversation with your message is %1 tokens, and %2 are kept free for the answer. The context "
                   "holds %3 tokens. Nothing has been sent.")
                    .arg(countText(plan.needed), countText(plan.reserve), countText(plan.context)));
  auto* column = new QVBoxLayout(this);
  column->setSpacing(Theme::kGrid);
  column->addWidget(text);

  const quint32 larger = largerContext(plan, modelContext);
  QPushButton* grow = choice(this, larger > 0 ? tr("Use a context of %1 tokens").arg(countText(larger))
                                              : tr("A larger context is not possible"), "contextLarger");
  grow->setEnabled(larger > 0);
  grow->setToolTip(tr("This model's own limit is %1 tokens; %2 fit into memory")
                       .arg(countText(modelContext), countText(plan.longestContext)));
  connect(grow, &QPushButton::clicked, this, [this, larger] {
    Q_EMIT largerChosen(larger);
    accept();
  });

  const bool helps = plan.dropMessages > 0;
  QPushButton* leaveOut = choice(
      this, helps ? tr("Send without the first %1 (%2 tokens)")
                        .arg(plural(plan.dropMessages, tr("message"), tr("%1 messages")),
                             countText(plan.needed - plan.neededAfterDrop))
                  : tr("Leaving out older messages would not be enough"), "contextLeaveOut");
  leaveOut->setEnabled(helps);
  leaveOut->setToolTip(tr("They stay in the conversation; the model does not read them"));
  m_always->setEnabled(helps);
  m_always->setAccessibleName(m_always->text());
  connect(leaveOut, &QPushButton::clicked, this, [this] {
    Q_EMIT leaveOutChosen(m_always->isChecked());
    accept();
  });

  QPushButton* cancel = choice(this, tr("Cancel"), "contextCancel");
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(this, &QDialog::rejected, this, &ContextDialog::cancelled);
  column->addSpacing(Theme::kGrid / 2);
  column->addWidget(grow);
  column->addWidget(leaveOut);
  column->addWidget(m_always);
  column->addWidget(cancel);
  (larger > 0 ? grow : helps ? leaveOut : cancel)->setFocus();
  setMinimumWidth(420);
}

}  // namespace cutaway
