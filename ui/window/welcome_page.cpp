#include "ui/window/welcome_page.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/base/text.h"
#include "ui/theme.h"
#include "ui/window/flow_layout.h"

namespace cutaway {
namespace {

constexpr const char* kExamples[] = {
    QT_TRANSLATE_NOOP("WelcomePage", "What is attention?"),
    QT_TRANSLATE_NOOP("WelcomePage", "My name is Nora. What is my name?"),
    QT_TRANSLATE_NOOP("WelcomePage", "What is 12 + 7?"),
    QT_TRANSLATE_NOOP("WelcomePage", "Tell me a story about a fox"),
};
constexpr int kTextWidth = 520;

}  // namespace

WelcomePage::WelcomePage(QWidget* parent)
    : QWidget(parent),
      m_title(new QLabel(this)),
      m_text(new QLabel(this)),
      m_examples(new QWidget(this)),
      m_open(new QPushButton(tr("Open a GGUF model…"), this)),
      m_compare(new QPushButton(tr("Compare it with itself in 4 bits"), this)) {
  setObjectName(QStringLiteral("welcomePage"));
  QFont large = m_title->font();
  large.setPointSizeF(large.pointSizeF() * 1.5);
  large.setWeight(QFont::DemiBold);
  m_title->setFont(large);
  for (QLabel* label : {m_title, m_text}) {
    label->setAlignment(Qt::AlignHCenter);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setMaximumWidth(kTextWidth);
  }
  m_text->setForegroundRole(QPalette::PlaceholderText);
  m_text->setObjectName(QStringLiteral("welcomeText"));
  auto* flow = new FlowLayout(Theme::kGrid);
  flow->setContentsMargins(0, 0, 0, 0);
  m_examples->setLayout(flow);
  m_examples->setMaximumWidth(kTextWidth);
  for (const char* example : kExamples) {
    auto* chip = new QPushButton(tr(example), m_examples);
    chip->setObjectName(QStringLiteral("exampleChip"));
    chip->setAccessibleName(tr("Ask: %1").arg(tr(example)));
    connect(chip, &QPushButton::clicked, this, [this, example] { Q_EMIT promptChosen(tr(example)); });
    flow->addWidget(chip);
  }
  m_open->setObjectName(QStringLiteral("welcomeOpen"));
  m_open->setAccessibleName(tr("Open a GGUF model"));
  m_open->setToolTip(tr("Choose a model file (Ctrl+O); dropping one on the window does the same"));
  connect(m_open, &QPushButton::clicked, this, &WelcomePage::openRequested);
  m_compare->setObjectName(QStringLiteral("welcomeCompare"));
  m_compare->setToolTip(tr("Loads the same model a second time, its weights in 4 bits, and sets what both say side by side"));
  connect(m_compare, &QPushButton::clicked, this, &WelcomePage::compareRequested);

  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(Theme::kGrid * 2, Theme::kGrid * 2, Theme::kGrid * 2, Theme::kGrid * 2);
  column->setSpacing(Theme::kGrid * 2);
  column->addStretch(2);
  for (QWidget* widget : std::initializer_list<QWidget*>{m_title, m_text, m_examples}) {
    auto* row = new QHBoxLayout;
    row->addStretch(1);
    row->addWidget(widget, 100);
    row->addStretch(1);
    column->addLayout(row);
  }
  auto* ways = new QHBoxLayout;
  ways->setSpacing(Theme::kGrid);
  ways->addStretch(1);
  ways->addWidget(m_open);
  ways->addWidget(m_compare);
  ways->addStretch(1);
  column->addLayout(ways);
  column->addStretch(3);
  setModel(nullptr);
}

void WelcomePage::setModel(const LoadedModel* model) {
  const bool demo = model != nullptr && model->card.isDemo();
  m_examples->setVisible(demo);
  m_compare->setVisible(model != nullptr);
  if (model == nullptr) {
    m_title->setText(tr("No model is loaded"));
    m_text->setText(tr("Open a GGUF file to talk to it and to look inside it."));
  } else if (demo) {
    m_title->setText(tr("A tiny model to look into"));
    m_text->setText(tr("This is the demo model: %1 million parameters, made for this program. It knows little and is "
                       "often wrong: small talk, how language models work, small sums, short stories. Open a GGUF file "
                       "to talk to a real one.")
                        .arg(qRound(static_cast<double>(model->card.parameters) / 1e6)));
  } else {
    m_title->setText(model->card.name);
    m_text->setText(tr("%1 million parameters, %2, a context of %3 tokens on %4.")
                        .arg(countText(qRound64(static_cast<double>(model->card.parameters) / 1e6)),
                             model->card.mainFormat, countText(model->context), model->device));
  }
}

}  // namespace cutaway
