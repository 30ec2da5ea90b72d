#include "ui/window/pair_bar.h"

#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>

#include "ui/choice_box.h"
#include "ui/theme.h"
#include "ui/window/menu_button.h"

namespace cutaway {
namespace {

struct ModeRow {
  PairMode mode;
  const char* title;
  const char* tip;
};
constexpr ModeRow kModes[] = {
    {PairMode::lockstep, QT_TRANSLATE_NOOP("PairBar", "Same tokens"),
     QT_TRANSLATE_NOOP("PairBar", "The second model reads every token as it is written: their predictions are compared")},
    {PairMode::free, QT_TRANSLATE_NOOP("PairBar", "Own answers"),
     QT_TRANSLATE_NOOP("PairBar", "Each model writes an answer of its own, with the same settings and seed")},
    {PairMode::opinion, QT_TRANSLATE_NOOP("PairBar", "Second opinion"),
     QT_TRANSLATE_NOOP("PairBar", "The second model reads along behind the first one, in batches, and colours its tokens")},
};

QLabel* makeLine(const char* name) {
  auto* line = new QLabel;
  line->setObjectName(QLatin1String(name));
  line->setTextFormat(Qt::PlainText);
  line->setForegroundRole(QPalette::PlaceholderText);
  line->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  return line;
}

}  // namespace

PairBar::PairBar(QWidget* parent)
    : QFrame(parent),
      m_first(makeLine("pairFirst")),
      m_second(makeLine("pairSecond")),
      m_difference(makeLine("pairDifference")),
      m_model(new MenuButton(this)),
      m_mode(new ChoiceBox),
      m_go(new QPushButton(tr("First &difference"))) {
  setObjectName(QStringLiteral("pairBar"));
  m_model->setObjectName(QStringLiteral("pairModel"));
  m_model->setAccessibleName(tr("The second model"));
  m_model->setText(tr("Second model"));
  m_mode->setObjectName(QStringLiteral("pairMode"));
  m_mode->setAccessibleName(tr("What the second model does"));
  for (const ModeRow& row : kModes) {
    m_mode->addItem(tr(row.title), static_cast<int>(row.mode));
    m_mode->setItemData(m_mode->count() - 1, tr(row.tip), Qt::ToolTipRole);
  }
  m_go->setObjectName(QStringLiteral("pairGo"));
  auto* close = new QPushButton(tr("&End comparison"));
  close->setObjectName(QStringLiteral("pairClose"));

  auto* controls = new QHBoxLayout;
  controls->setSpacing(Theme::kGrid);
  controls->addWidget(m_model);
  controls->addWidget(m_mode);
  controls->addStretch(1);
  controls->addWidget(m_go);
  controls->addWidget(close);
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(Theme::kGrid * 2, Theme::kGrid, Theme::kGrid * 2, Theme::kGrid / 2);
  grid->setSpacing(Theme::kGrid);
  grid->addLayout(controls, 0, 0, 1, 2);
  grid->addWidget(m_first, 1, 0);
  grid->addWidget(m_second, 1, 1);
  grid->addWidget(m_difference, 2, 0, 1, 2);
  grid->setColumnStretch(0, 1);
  grid->setColumnStretch(1, 1);

  connect(m_mode, &QComboBox::activated, this, [this] {
    Q_EMIT modeChosen(static_cast<PairMode>(m_mode->currentData().toInt()));
  });
  connect(m_go, &QPushButton::clicked, this, &PairBar::differenceRequested);
  connect(close, &QPushButton::clicked, this, &PairBar::closeRequested);
  setDifference({}, false);
}

void PairBar::setMode(PairMode mode) { m_mode->setCurrentIndex(m_mode->findData(static_cast<int>(mode))); }

void PairBar::setModels(QMenu* models) { m_model->setMenu(models); }

void PairBar::setFirst(const QString& text) {
  m_first->setText(text);
  m_first->setToolTip(text);
}

void PairBar::setSecond(const QString& text) {
  m_second->setText(text);
  m_second->setToolTip(text);
}

void PairBar::setDifference(const QString& text, bool canGo) {
  m_difference->setText(text);
  m_difference->setVisible(!text.isEmpty());
  m_difference->setToolTip(text);
  m_go->setEnabled(canGo);
}

}  // namespace cutaway
