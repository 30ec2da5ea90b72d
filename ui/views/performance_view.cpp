// Where the time of an answer's steps goes, op by op, and how near the device's read bandwidth that is.
#include <QButtonGroup>
#include <QClipboard>
#include <QCoreApplication>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QTableWidget>

#include "ui/base/text.h"
#include "ui/theme.h"
#include "ui/views/bar_delegate.h"
#include "ui/views/bar_table.h"
#include "ui/views/performance_text.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_table.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(PerformanceView)
};

enum Column { kOp, kTime, kBar, kBytes, kRate, kOfReads, kLaunches };

constexpr int kOpWidth = 96, kBarWidth = 76, kLeastRows = 6;

QString decimals(double value, int places) { return QLocale().toString(value, 'f', places); }
QString millisecondsText(double seconds) {
  return Text::tr("%1 ms").arg(decimals(seconds * 1e3, seconds < 0.01 ? 2 : 1));
}

class PerformanceView : public InspectorView {
 public:
  PerformanceView(ViewData& data, QWidget* parent);
  QString csv() const override { return data().stepTimes() ? stepTimesCsv(*data().stepTimes()) : QString(); }

 protected:
  void shownChanged() override { Q_EMIT data().stepsWatched(isShown()); }

 private:
  enum Which { kAnswer, kPrompt };

  QPushButton* addChoice(Which which, const QString& name, QHBoxLayout& row);
  QPushButton* addCopy(const QString& text, const char* name, QString (*make)(const StepTimes&), QHBoxLayout& row);
  void setUpTable();
  void update();
  void showNothing();
  void showTimes(const StepTimes& times);
  void setCell(int row, int column, const QString& text);
  void setBar(int row, const OpRow& op, const StepRows& other, double largest);
  static QString factsText(const StepTimes& times, bool prompt, const StepRows& rows);

  QLabel *m_title, *m_facts, *m_legend;
  QButtonGroup* m_choices;
  QWidget* m_body;
  QTableWidget* m_table;
};

PerformanceView::PerformanceView(ViewData& data, QWidget* parent)
    : InspectorView(data, parent),
      m_title(makeHeading(QStringLiteral("performanceTitle"))),
      m_facts(makeFacts(QStringLiteral("performanceFacts"))),
      m_legend(makeFacts(QStringLiteral("performanceLegend"))),
      m_choices(new QButtonGroup(this)),
      m_body(new QWidget),
      m_table(new QTableWidget(m_body)) {
  setUpTable();
  auto* choices = new QHBoxLayout;
  choices->setSpacing(Theme::kGrid / 2);
  addChoice(kAnswer, QStringLiteral("performanceAnswer"), *choices)->setChecked(true);
  addChoice(kPrompt, QStringLiteral("performancePrompt"), *choices);
  choices->addStretch(1);
  auto* copies = new QHBoxLayout;
  copies->setSpacing(Theme::kGrid / 2);
  addCopy(Text::tr("Copy as text"), "performanceCopyText", stepTimesText, *copies);
  addCopy(Text::tr("Copy as CSV"), "performanceCopyCsv", stepTimesCsv, *copies);
  copies->addStretch(1);
  QVBoxLayout* body = makeBody(m_body);
  body->addLayout(choices);
  body->addWidget(m_table, 1);
  body->addWidget(m_legend);
  body->addLayout(copies);
  QVBoxLayout* column = makeColumn(makeScrollPage(this, Text::tr("Performance")));
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(m_body, 1);
  column->addStretch(0);
  connect(m_choices, &QButtonGroup::idClicked, this, &PerformanceView::update);
  connect(&data, &ViewData::stepTimesChanged, this, &PerformanceView::update);
  connect(&data, &ViewData::modelChanged, this, &PerformanceView::update);
  update();
}

QPushButton* PerformanceView::addChoice(Which which, const QString& name, QHBoxLayout& row) {
  auto* button = new QPushButton(m_body);
  button->setObjectName(name);
  button->setCheckable(true);
  button->setText(which == kPrompt ? Text::tr("Prompt") : Text::tr("Answer"));
  m_choices->addButton(button, which);
  row.addWidget(button);
  return button;
}

QPushButton* PerformanceView::addCopy(const QString& text, const char* name, QString (*make)(const StepTimes&),
                                      QHBoxLayout& row) {
  auto* button = new QPushButton(text, m_body);
  button->setObjectName(QLatin1String(name));
  connect(button, &QPushButton::clicked, this, [this, make] {
    if (data().stepTimes()) QGuiApplication::clipboard()->setText(make(*data().stepTimes()));
  });
  row.addWidget(button);
  return button;
}

void PerformanceView::setUpTable() {
  m_table->setObjectName(QStringLiteral("performanceOps"));
  m_table->setAccessibleName(Text::tr("Time by op"));
  setUpBarTable(*m_table,
                {Text::tr("Op"), Text::tr("ms"), Text::tr("Share"), Text::tr("MiB"), Text::tr("GB/s"), Text::tr("Reads"),
                 Text::tr("Launches")},
                kBar, {kOp, kBar});
  m_table->horizontalHeaderItem(kBytes)->setToolTip(Text::tr("That have to be moved at least: weights, cache, values"));
  m_table->horizontalHeaderItem(kOfReads)->setToolTip(
      Text::tr("Share of the read bandwidth that was measured on this device; more where caches help"));
  m_table->horizontalHeader()->setSectionResizeMode(kOp, QHeaderView::Interactive);
  m_table->horizontalHeader()->setSectionResizeMode(kBar, QHeaderView::Fixed);
  m_table->setColumnWidth(kOp, kOpWidth);
  m_table->setColumnWidth(kBar, kBarWidth);
  m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + Theme::kGrid / 2);
  m_table->setMinimumHeight((kLeastRows + 1) * m_table->verticalHeader()->defaultSectionSize());
  m_table->setWordWrap(false);
  m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
}

void PerformanceView::update() {
  const auto& times = data().stepTimes();
  const bool known = data().model() && times && (times->steps > 0 || times->promptTokens > 0);
  m_body->setVisible(known);
  known ? showTimes(*times) : showNothing();
}

void PerformanceView::showNothing() {
  const auto& times = data().stepTimes();
  m_table->setRowCount(0);
  m_title->setText(data().model() ? Text::tr("No step measured yet") : Text::tr("No model is loaded"));
  QString text = Text::tr("While this view is in front, a few steps of an answer are run once more and timed, op by op, as "
                          "it is written. Nothing is measured otherwise.");
  if (times && !times->problem.isEmpty()) text += QLatin1Char('\n') + times->problem;
  if (times && times->readBandwidth > 0) {
    text += QLatin1Char('\n') +
            Text::tr("%1 reads %2 GB/s.").arg(times->device, decimals(times->readBandwidth * 1e-9, 1));
  }
  m_facts->setText(text);
}

QString PerformanceView::factsText(const StepTimes& times, bool prompt, const StepRows& rows) {
  QStringList facts;
  if (times.steps > 0 && times.promptTokens > 0) {
    facts += Text::tr("A token of the answer takes %1, one of the prompt %2.")
                 .arg(millisecondsText(times.generate.seconds), millisecondsText(times.prompt.seconds / times.promptTokens));
  }
  if (prompt) {
    facts += Text::tr("The prompt's last step, %1 tokens: %2 launches, %3 on the device.")
                 .arg(countText(times.promptTokens), countText(rows.launches), millisecondsText(rows.deviceSeconds));
  } else {
    facts += Text::tr("%1 launches per token, %2 on the device. Mean of %3; the last one after %4 tokens.")
                 .arg(countText(rows.launches), millisecondsText(rows.deviceSeconds),
                      plural(times.steps, Text::tr("1 measured step"), Text::tr("%1 measured steps")),
                      countText(times.length));
  }
  if (times.readBandwidth > 0) {
    double bytes = 0;
    for (const OpRow& row : rows.ops) bytes += row.bytes;
    const double rate = rows.deviceSeconds > 0 ? bytes / rows.deviceSeconds : 0;
    facts += Text::tr("%1 MiB at %2 GB/s; the device reads %3 GB/s.")
                 .arg(decimals(bytes / (1 << 20), 1), decimals(rate * 1e-9, 1), decimals(times.readBandwidth * 1e-9, 1));
  }
  return facts.join(QLatin1Char(' '));
}

void PerformanceView::showTimes(const StepTimes& times) {
  m_choices->button(kAnswer)->setEnabled(times.steps > 0);
  m_choices->button(kPrompt)->setEnabled(times.promptTokens > 0);
  const bool prompt = times.steps == 0 || (times.promptTokens > 0 && m_choices->checkedId() == kPrompt);
  const StepRows answerRows = stepRows(times.generate, times.readBandwidth);
  const StepRows promptRows = stepRows(times.prompt, times.readBandwidth);
  const StepRows& rows = prompt ? promptRows : answerRows;
  m_title->setText(Text::tr("%1 on %2").arg(millisecondsText(prompt ? times.prompt.seconds : times.generate.seconds), times.device));
  m_facts->setText(factsText(times, prompt, rows));
  m_legend->setText(prompt ? Text::tr("Bar: share of the prompt step's time. Tick: of a token of the answer.")
                           : Text::tr("Bar: share of a token's time. Tick: of the prompt's step."));
  double largest = 0;
  for (const StepRows* step : {&answerRows, &promptRows}) {
    for (const OpRow& op : step->ops) largest = qMax(largest, op.share);
  }
  m_table->setRowCount(static_cast<int>(rows.ops.size()));
  for (int i = 0; i < rows.ops.size(); ++i) {
    const OpRow& op = rows.ops[i];
    setCell(i, kOp, op.op);
    m_table->item(i, kOp)->setToolTip(op.op);
    setCell(i, kTime, decimals(op.seconds * 1e3, 3));
    setBar(i, op, prompt ? answerRows : promptRows, largest);
    setCell(i, kLaunches, countText(op.launches));
    setCell(i, kBytes, decimals(op.bytes / (1 << 20), 2));
    setCell(i, kRate, decimals(op.rate * 1e-9, 2));
    setCell(i, kOfReads, op.ofReads > 0 ? Text::tr("%1 %").arg(decimals(op.ofReads * 100, 0)) : QString());
  }
}

/// Items are kept from measurement to measurement, so that a selected row stays so.
void PerformanceView::setCell(int row, int column, const QString& text) {
  QTableWidgetItem* item = m_table->item(row, column);
  if (item == nullptr) {
    item = new QTableWidgetItem;
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
    item->setTextAlignment((column == kOp ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    m_table->setItem(row, column, item);
  }
  item->setText(text);
}

void PerformanceView::setBar(int row, const OpRow& op, const StepRows& other, double largest) {
  const QString percent = Text::tr("%1 %").arg(decimals(op.share * 100, 1));
  setCell(row, kBar, percent);
  QTableWidgetItem* item = m_table->item(row, kBar);
  item->setToolTip(percent);
  item->setData(BarDelegate::kShareRole, largest > 0 ? op.share / largest : 0);
  QVariant mark;
  for (const OpRow& same : other.ops) {
    if (same.op == op.op && largest > 0) mark = same.share / largest;
  }
  item->setData(BarDelegate::kMarkRole, mark);
}

}  // namespace

InspectorView* createPerformanceView(ViewData& data, QWidget* parent) { return new PerformanceView(data, parent); }

}  // namespace cutaway
