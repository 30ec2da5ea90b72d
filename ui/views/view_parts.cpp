#include "ui/views/view_parts.h"

#include <QDateTime>
#include <QHBoxLayout>

#include "ui/base/text.h"
#include "ui/theme.h"

namespace cutaway {
namespace {

constexpr int kShowAfter = 250;  ///< ms; most questions are answered before
constexpr int kSteps = 1000;
constexpr double kWorthTelling = 1;  ///< seconds
constexpr double kLeastDone = 0.02;  ///< before that, no time left is guessed

QLabel* makeLabel(const QString& name, const QString& text) {
  auto* label = new QLabel(text);
  label->setObjectName(name);
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  return label;
}

}  // namespace

QLabel* makeHeading(const QString& name, const QString& text) {
  QLabel* label = makeLabel(name, text);
  QFont bold = label->font();
  bold.setWeight(QFont::DemiBold);
  label->setFont(bold);
  return label;
}

QLabel* makeFacts(const QString& name) {
  QLabel* label = makeLabel(name, {});
  label->setForegroundRole(QPalette::PlaceholderText);
  return label;
}

QVBoxLayout* makeColumn(QWidget* page) {
  constexpr int kMargin = Theme::kGrid * 3 / 2;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(kMargin, kMargin, kMargin, Theme::kGrid);
  column->setSpacing(Theme::kGrid);
  return column;
}

QVBoxLayout* makeBody(QWidget* body) {
  auto* column = new QVBoxLayout(body);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(Theme::kGrid);
  return column;
}

QScrollArea* makeQuietArea(QWidget* content) {
  auto* area = new QScrollArea;
  area->setWidgetResizable(true);
  area->setFrameShape(QFrame::NoFrame);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area->setFocusPolicy(Qt::NoFocus);
  area->setWidget(content);
  area->viewport()->setAutoFillBackground(false);
  content->setAutoFillBackground(false);
  return area;
}

QSplitter* makeSplit(QWidget* above, QWidget* below, int partsAbove, int partsBelow) {
  constexpr int kPart = 1000;  // more than there is: the splitter divides what there is in these parts
  auto* split = new QSplitter(Qt::Vertical);
  split->setChildrenCollapsible(false);
  split->addWidget(above);
  split->addWidget(below);
  split->setStretchFactor(0, partsAbove);
  split->setStretchFactor(1, partsBelow);
  split->setSizes({partsAbove * kPart, partsBelow * kPart});
  return split;
}

QWidget* makeScrollPage(QWidget* view, const QString& accessibleName) {
  auto* page = new QWidget;
  auto* scroll = new QScrollArea(view);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setAccessibleName(accessibleName);
  scroll->setWidget(page);
  scroll->viewport()->setAutoFillBackground(false);
  page->setAutoFillBackground(false);
  auto* outer = new QVBoxLayout(view);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->addWidget(scroll);
  return page;
}

ProgressLine::ProgressLine(ViewQuestion& question, QWidget* parent)
    : QWidget(parent),
      m_question(question),
      m_row(new QWidget),
      m_bar(new QProgressBar),
      m_left(new QLabel),
      m_edits(makeFacts(QStringLiteral("editsSeen"))) {
  auto* cancel = new QPushButton(tr("Cancel"));
  cancel->setAccessibleName(tr("Cancel the computation"));
  m_bar->setRange(0, kSteps);
  m_bar->setTextVisible(false);
  m_bar->setAccessibleName(tr("Progress of the computation"));
  m_left->setForegroundRole(QPalette::PlaceholderText);
  auto* row = new QHBoxLayout(m_row);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(Theme::kGrid);
  row->addWidget(m_bar, 1);
  row->addWidget(m_left);
  row->addWidget(cancel);
  QVBoxLayout* column = makeBody(this);
  column->addWidget(m_row);
  column->addWidget(m_edits);
  m_row->hide();
  m_edits->hide();
  hide();
  m_wait.setSingleShot(true);
  m_wait.setInterval(kShowAfter);
  connect(&m_wait, &QTimer::timeout, this, [this] { showWaiting(true); });
  connect(cancel, &QPushButton::clicked, &question, &ViewQuestion::drop);
  connect(&question, &ViewQuestion::opened, this, [this] {
    m_start = QDateTime::currentMSecsSinceEpoch();
    m_expected = 0;
    showEdits(EditsSeen::none);
    showDone(0);
    m_wait.start();
  });
  connect(&question, &ViewQuestion::progressed, this, &ProgressLine::showDone);
  connect(&question, &ViewQuestion::expected, this, [this](double seconds) {
    m_expected = seconds;
    showDone(0);
  });
  connect(&question, &ViewQuestion::closed, this, [this] {
    m_wait.stop();
    showWaiting(false);
  });
  connect(&question, &ViewQuestion::forgotten, this, [this] { showEdits(EditsSeen::none); });
  connect(&question, &ViewQuestion::answered, this, [this](const Answer& answer) { showEdits(answer.edits); });
}

void ProgressLine::showDone(double done) {
  m_bar->setValue(static_cast<int>(qBound(0.0, done, 1.0) * kSteps));
  const double spent = static_cast<double>(QDateTime::currentMSecsSinceEpoch() - m_start) / 1000;
  const bool guess = done > kLeastDone && done < 1;
  if (guess) return m_left->setText(tr("%1 left").arg(secondsText(spent / done * (1 - done))));
  m_left->setText(m_expected >= kWorthTelling ? tr("about %1").arg(secondsText(m_expected)) : QString());
}

void ProgressLine::showWaiting(bool waiting) {
  m_row->setVisible(waiting);
  setVisible(waiting || !m_edits->text().isEmpty());
}

void ProgressLine::showEdits(EditsSeen edits) {
  m_edits->setText(edits == EditsSeen::acted  ? tr("With the edits that act in the chat.")
                   : edits == EditsSeen::left ? tr("Without the edits that act in the chat.")
                                              : QString());
  m_edits->setVisible(edits != EditsSeen::none);
  showWaiting(m_row->isVisibleTo(this));
}

}  // namespace cutaway
