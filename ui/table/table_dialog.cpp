#include "ui/table/table_dialog.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QSplitter>
#include <QStyle>
#include <QTabWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/base/text.h"
#include "ui/table/pareto_plot.h"
#include "ui/theme.h"
#include "ui/views/bar_table.h"
#include "ui/views/view_parts.h"

namespace cutaway {
namespace {

constexpr int kBarSteps = 1000;
enum Column { kModel, kSize, kBits, kPrompt, kWriting, kFirst, kPerplexity, kSameTop, kKl, kBar };

QString number(double value, int decimals) { return QLocale().toString(value, 'f', decimals); }

QString sizeText(const ModelTableRow& row) { return number(static_cast<double>(row.fileBytes) / (1 << 20), 1); }

}  // namespace

TableDialog::TableDialog(const TableMaterial& material, QWidget* parent)
    : QDialog(parent),
      m_job(material.demoModel, material.demoText, material.openBackend),
      m_choices(new TableChoices(material.models, this)),
      m_table(new QTableWidget(this)),
      m_pictures(new QTabWidget(this)),
      m_sample(new QLabel(this)),
      m_state(new QLabel(this)),
      m_bar(new QProgressBar(this)),
      m_start(new QPushButton(tr("&Measure"), this)),
      m_stop(new QPushButton(tr("&Stop"), this)),
      m_save(new QPushButton(tr("Save the re&port…"), this)),
      m_open(new QPushButton(tr("&Open in the chat"), this)) {
  setObjectName(QStringLiteral("tableDialog"));
  setWindowTitle(tr("Compare many models"));
  m_start->setObjectName(QStringLiteral("tableStart"));
  m_stop->setObjectName(QStringLiteral("tableStop"));
  m_save->setObjectName(QStringLiteral("tableSave"));
  m_open->setObjectName(QStringLiteral("tableOpen"));
  m_state->setObjectName(QStringLiteral("tableState"));
  m_sample->setObjectName(QStringLiteral("tableSample"));
  setUpTable();
  layOut();
  connectJob();
  setRunning(false);
  m_state->setText(tr("Each model reads the text beside the reference: how far are its predictions, how fast is it, how large?"));
}

void TableDialog::setUpTable() {
  m_table->setObjectName(QStringLiteral("tableRows"));
  m_table->setAccessibleName(tr("Models"));
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  setUpBarTable(*m_table,
                {tr("Model"), tr("MiB"), tr("Bits"), tr("Reads /s"), tr("Writes /s"), tr("First word"), tr("Perplexity"),
                 tr("Same top"), tr("Mean KL"), tr("nats")},
                kBar, {kModel, kBar});
  m_table->horizontalHeaderItem(kBits)->setToolTip(tr("Bits per weight, over all tensors"));
  m_table->horizontalHeaderItem(kPrompt)->setToolTip(tr("Tokens of a prompt per second"));
  m_table->horizontalHeaderItem(kWriting)->setToolTip(tr("Tokens of an answer per second"));
  m_table->horizontalHeaderItem(kSameTop)->setToolTip(tr("How often its most likely token is the reference's"));
  m_table->horizontalHeaderItem(kKl)->setToolTip(
      tr("From the reference's predictions to its own. The first row shows the noise floor: the reference beside itself with its cache in another format."));
}

QWidget* TableDialog::makePictures() {
  m_pictures->setObjectName(QStringLiteral("tablePictures"));
  m_pictures->setDocumentMode(true);
  for (const ParetoQuestion& question : paretoQuestions()) {
    auto* plot = new ParetoPlot(m_pictures);
    plot->setAccessibleName(tr(question.title));
    plot->setDescription([this](int point) { return describe(point + 1); });
    connect(plot, &ParetoPlot::chosen, this, [this](int point) { m_table->selectRow(point + 1); });
    m_plots.push_back(plot);
    m_pictures->addTab(plot, tr(question.title));
  }
  m_sample->setTextFormat(Qt::PlainText);
  m_sample->setWordWrap(true);
  m_sample->setAlignment(Qt::AlignTop);
  m_sample->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  m_sample->setContentsMargins(Theme::kGrid, Theme::kGrid, Theme::kGrid, Theme::kGrid);
  m_pictures->addTab(makeQuietArea(m_sample), tr("Sample"));
  return m_pictures;
}

void TableDialog::layOut() {
  m_bar->setRange(0, kBarSteps);
  m_bar->setTextVisible(false);
  m_bar->setAccessibleName(tr("Progress"));
  m_state->setWordWrap(true);
  m_start->setProperty("primary", true);
  m_start->style()->polish(m_start);
  auto* sides = new QSplitter(this);
  sides->setChildrenCollapsible(false);
  sides->addWidget(m_choices);
  QWidget* results = makeSplit(m_table, makePictures(), 4, 5);
  m_choices->setContentsMargins(0, 0, Theme::kGrid, 0);
  results->setContentsMargins(Theme::kGrid, 0, 0, 0);
  sides->addWidget(results);
  sides->setStretchFactor(1, 1);
  sides->setSizes({230, 700});
  auto* buttons = new QHBoxLayout;
  buttons->addStretch(1);
  for (QPushButton* button : {m_open, m_save, m_stop, m_start}) {
    button->setAutoDefault(button == m_start);
    buttons->addWidget(button);
  }
  auto* column = new QVBoxLayout(this);
  column->setSpacing(Theme::kGrid);
  column->addWidget(sides, 1);
  column->addWidget(m_bar);
  column->addWidget(m_state);
  column->addLayout(buttons);
  resize(980, 700);
}

void TableDialog::connectJob() {
  connect(&m_job, &TableJob::progressed, this, [this](double done, const QString& model) {
    m_bar->setValue(static_cast<int>(done * kBarSteps));
    m_state->setText(tr("Measuring %1 …").arg(model));
  });
  connect(&m_job, &TableJob::rowDone, this, &TableDialog::addRow);
  connect(&m_job, &TableJob::finished, this, &TableDialog::showFinished);
  connect(&m_job, &TableJob::failed, this, [this](const QString& sentence) {
    setRunning(false);
    m_bar->setValue(0);
    m_state->setText(sentence);
  });
  connect(&m_job, &TableJob::saved, this, [this](const QString& path, const QString& problem) {
    m_state->setText(problem.isEmpty() ? tr("Saved as %1.").arg(path) : tr("%1 cannot be written: %2").arg(path, problem));
  });
  connect(m_start, &QPushButton::clicked, this, &TableDialog::begin);
  connect(m_stop, &QPushButton::clicked, &m_job, &TableJob::stop);
  connect(m_save, &QPushButton::clicked, this, &TableDialog::save);
  connect(m_open, &QPushButton::clicked, this, &TableDialog::openChosen);
  connect(m_choices, &TableChoices::changed, this, [this] { setRunning(m_job.isRunning()); });
  connect(m_table, &QTableWidget::currentCellChanged, this, [this](int row) { choose(row); });
}

void TableDialog::begin() {
  m_order = m_choices->order();
  m_rows.clear();
  m_measured = {};
  m_table->setRowCount(0);
  m_sample->clear();
  showPoints();
  m_job.start(m_order);
  setRunning(true);
}

void TableDialog::setRunning(bool running) {
  m_choices->setEnabled(!running);
  m_start->setEnabled(!running && m_choices->order().sources.size() > 1);
  m_stop->setVisible(running);
  m_save->setEnabled(!m_measured.rows.empty());
  m_open->setEnabled(m_table->currentRow() >= 0);
}

void TableDialog::addRow(const ModelTableRow& row) {
  m_rows.push_back(row);
  const int at = m_table->rowCount();
  m_table->insertRow(at);
  const auto cell = [&](Column column, const QString& text, Qt::Alignment alignment = Qt::AlignRight) {
    m_table->setItem(at, column, tableCell(text, alignment));
  };
  cell(kModel, QString::fromStdString(row.name), Qt::AlignLeft);
  cell(kSize, sizeText(row));
  if (row.problem.empty()) {
    cell(kBits, number(row.bitsPerWeight, 2));
    cell(kPrompt, number(row.promptRate, 1));
    cell(kWriting, number(row.generateRate, 1));
    cell(kFirst, secondsText(row.timeToFirstToken));
    cell(kPerplexity, tr("%1 ± %2").arg(number(row.perplexity.value, 3), number(row.perplexity.error, 3)));
    cell(kSameTop, number(100 * row.divergence.sameTop.value, 1) + QStringLiteral(" %"));
    cell(kKl, natsText(row.divergence.meanKl.value));
  } else {
    cell(kBits, QString::fromStdString(row.problem), Qt::AlignLeft);
    m_table->setSpan(at, kBits, 1, kBar - kBits + 1);
  }
  showBars();
  m_table->scrollToBottom();
  showPoints();
}

/// A longer one makes the others shorter.
void TableDialog::showBars() {
  const auto kl = [](const ModelTableRow& row) { return row.problem.empty() ? row.divergence.meanKl.value : 0; };
  const double most = kl(*std::ranges::max_element(m_rows, {}, kl));
  for (int i = 0; i < m_table->rowCount(); ++i) {
    const ModelTableRow& row = m_rows[static_cast<std::size_t>(i)];
    QTableWidgetItem* bar = barCell(QString::fromStdString(row.problem), most > 0 ? kl(row) / most : 0);
    bar->setToolTip(describe(i));
    m_table->setItem(i, kBar, bar);
  }
}

void TableDialog::showPoints() {
  for (std::size_t i = 0; i < m_plots.size(); ++i)
    m_plots[i]->setPoints(paretoPoints(m_rows, paretoQuestions()[i]), paretoAxes(m_rows, paretoQuestions()[i]));
}

QString TableDialog::describe(int row) const {
  if (row < 0 || row >= std::ssize(m_rows)) return {};
  const ModelTableRow& of = m_rows[static_cast<std::size_t>(row)];
  const QString name = QString::fromStdString(of.name);
  if (!of.problem.empty()) return tr("%1: %2").arg(name, QString::fromStdString(of.problem));
  return tr("%1: %2 MiB, %3 bits per weight, writes %4, mean KL %5 nats, 99.9 % of places below %6")
      .arg(name, sizeText(of), number(of.bitsPerWeight, 2), rateText(of.generateRate), natsText(of.divergence.meanKl.value),
           natsText(of.divergence.kl.back().value));
}

void TableDialog::choose(int row) {
  m_open->setEnabled(row >= 0);
  for (ParetoPlot* plot : m_plots) plot->setCurrent(row - 1);
  if (row < 0 || row >= std::ssize(m_rows)) return m_sample->clear();
  m_sample->setText(QString::fromStdString(m_rows[static_cast<std::size_t>(row)].sample));
}

void TableDialog::showFinished(const MeasuredTable& table) {
  m_measured = table;
  setRunning(false);
  m_bar->setValue(kBarSteps);
  m_state->setText(tr("%1 of %2 were scored, on %3.")
                       .arg(plural(static_cast<qint64>(table.rows.front().divergence.places), tr("1 place"), tr("%1 places")),
                            QString::fromStdString(table.text), QString::fromStdString(table.device)));
  if (m_table->currentRow() < 0) m_table->selectRow(0);
}

void TableDialog::openChosen() {
  const TableSource& source = m_order.sources[m_table->currentRow()];
  Q_EMIT openWanted(source.path, source.simulation);
}

void TableDialog::save() {
  auto* dialog = new QFileDialog(this, tr("Save the report"));
  dialog->setObjectName(QStringLiteral("tableSaveDialog"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setNameFilters({tr("Page with pictures (*.html)"), tr("Markdown (*.md)"), tr("Table (*.csv)")});
  dialog->setDefaultSuffix(QStringLiteral("html"));
  connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) {
    dialog->setDefaultSuffix(filter.section(QLatin1String("*."), -1).chopped(1));
  });
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) { m_job.save(m_measured, path); });
  dialog->open();
}

void TableDialog::reject() {
  m_job.stop();
  QDialog::reject();
}

}  // namespace cutaway
