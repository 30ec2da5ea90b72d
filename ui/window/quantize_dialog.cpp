#include "ui/window/quantize_dialog.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QStyle>
#include <QTableWidget>
#include <QVBoxLayout>
#include <cmath>

#include "ui/base/text.h"
#include "ui/choice_box.h"
#include "ui/engine/engine_data.h"
#include "ui/theme.h"
#include "ui/window/model_controller.h"
#include "ui/window/path_row.h"
#include "ui/window/quantize_groups.h"

namespace cutaway {
namespace {

constexpr int kBarSteps = 1000, kTypingPause = 150;  // ms
constexpr int kLeastWidth = 660, kColumnWidth = 92;  // so that names of tensors can be read
constexpr const char* kDefaultMix = "Q4_K_M";
enum Column { kTensor, kShape, kFormat, kError, kSnr, kWorst, kColumns };

QTableWidgetItem* textItem(const QString& text) {
  auto* item = new QTableWidgetItem(text);
  item->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
  return item;
}

QTableWidgetItem* numberItem(double value, int decimals, const QString& unit = {}) {
  QTableWidgetItem* item = textItem(QLocale().toString(value, 'f', decimals) + unit);
  item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
  return item;
}

QString shapeOf(const TensorReport& report) {
  QStringList sizes;
  for (const std::uint64_t size : report.shape) sizes += QString::number(size);
  return sizes.join(QStringLiteral(" × "));
}

}  // namespace

QuantizeDialog::QuantizeDialog(const QuantizeMaterial& material, QWidget* parent)
    : QDialog(parent),
      m_job(material.demoModel, material.openBackend, nullptr),
      m_source(new ChoiceBox(this)),
      m_mix(new ChoiceBox(this)),
      m_method(new ChoiceBox(this)),
      m_importance(new PathRow(PathRow::Kind::existing, QStringLiteral("quantizeImportance"), tr("Importance matrix"), tr("Importance matrices (*.gguf *.dat *.imatrix)"), this)),
      m_target(new PathRow(PathRow::Kind::toWrite, QStringLiteral("quantizeTarget"), tr("Save as"), QString(), this)),
      m_pure(new QCheckBox(tr("All matrices &alike, none in more bits"), this)),
      m_forecast(new QLabel(this)),
      m_bar(new QProgressBar(this)),
      m_state(new QLabel(this)),
      m_table(new QTableWidget(0, kColumns, this)),
      m_start(new QPushButton(tr("&Quantize"), this)),
      m_pause(new QPushButton(tr("&Pause"), this)),
      m_stop(new QPushButton(tr("&Stop"), this)),
      m_keep(new QPushButton(tr("Stop and &keep what is done"), this)),
      m_restart(new QPushButton(tr("Begin a&new"), this)),
      m_open(new QPushButton(tr("&Open it"), this)) {
  setObjectName(QStringLiteral("quantizeDialog"));
  setWindowTitle(tr("Quantize a model"));
  for (const QString& source : material.sources) m_source->addItem(modelTitle(source), source);
  m_choices = makeChoices(material.text);
  m_forecast->setObjectName(QStringLiteral("quantizeForecast"));
  m_forecast->setWordWrap(true);
  m_bar->setRange(0, kBarSteps);
  m_bar->setTextVisible(false);
  m_bar->setAccessibleName(tr("Progress"));
  m_state->setObjectName(QStringLiteral("quantizeState"));
  m_state->setWordWrap(true);
  m_table->setObjectName(QStringLiteral("quantizeTable"));
  m_table->setAccessibleName(tr("Error of every tensor"));
  m_table->setHorizontalHeaderLabels(
      {tr("Tensor"), tr("Shape"), tr("Format"), tr("Error"), tr("Signal to noise"), tr("Worst row")});
  m_table->horizontalHeader()->setSectionResizeMode(kTensor, QHeaderView::Stretch);
  m_table->horizontalHeader()->setDefaultSectionSize(kColumnWidth);
  m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  for (const int column : {kError, kSnr, kWorst}) m_table->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
  m_table->verticalHeader()->hide();
  m_table->setShowGrid(false);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_start->setObjectName(QStringLiteral("quantizeStart"));
  m_start->setProperty("primary", true);
  m_start->style()->polish(m_start);
  m_start->setEnabled(false);
  m_pause->setObjectName(QStringLiteral("quantizePause"));
  m_pause->setCheckable(true);
  m_stop->setObjectName(QStringLiteral("quantizeStop"));
  m_stop->setToolTip(tr("Nothing is left"));
  m_keep->setObjectName(QStringLiteral("quantizeKeep"));
  m_keep->setToolTip(tr("The same choices go on from there later"));
  m_restart->setObjectName(QStringLiteral("quantizeRestart"));
  m_restart->hide();
  m_open->setObjectName(QStringLiteral("quantizeOpen"));
  auto* buttons = new QHBoxLayout;
  buttons->addStretch(1);
  for (QPushButton* button : {m_open, m_pause, m_keep, m_stop, m_restart, m_start}) buttons->addWidget(button);
  auto* column = new QVBoxLayout(this);
  column->setSpacing(Theme::kGrid);
  column->addWidget(m_choices);
  column->addWidget(m_forecast);
  column->addWidget(m_bar);
  column->addWidget(m_state);
  column->addWidget(m_table, 1);
  column->addLayout(buttons);
  setMinimumWidth(kLeastWidth);
  resize(760, 640);
  connectJob();
  setRunning(false);
  m_open->hide();
  showMethod();
}

QWidget* QuantizeDialog::makeChoices(const QString& text) {
  auto* choices = new QWidget(this);
  m_source->setObjectName(QStringLiteral("quantizeSource"));
  m_mix->setObjectName(QStringLiteral("quantizeType"));
  m_method->setObjectName(QStringLiteral("quantizeMethod"));
  m_pure->setObjectName(QStringLiteral("quantizePure"));
  m_importance->line().setPlaceholderText(tr("none"));
  for (const Mix& mix : mixes())
    m_mix->addItem(tr("%1: %2").arg(QLatin1String(mix.name), tr(mix.summary)), QLatin1String(mix.name));
  m_mix->setCurrentIndex(m_mix->findData(QLatin1String(kDefaultMix)));
  for (const QuantizeMethod& method : quantizeMethods())
    m_method->addItem(tr("%1: %2").arg(tr(method.title), tr(method.summary)), QLatin1String(method.name));
  // A long path or summary is no reason for a wide window.
  for (QComboBox* box : {m_source, m_mix, m_method}) box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_form = new QFormLayout(choices);
  m_form->setContentsMargins(0, 0, 0, 0);
  m_form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
  for (QComboBox* box : {m_source, m_mix, m_method}) box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  m_form->addRow(tr("&Model"), m_source);
  m_form->addRow(tr("M&ethod"), m_method);
  m_form->addRow(tr("&Type"), m_mix);
  m_form->addRow(QString(), m_pure);
  m_form->addRow(tr("&Importance matrix"), m_importance);
  m_groups = new QuantizeGroups(*m_form, text, choices);
  m_form->addRow(tr("Sa&ve as"), m_target);
  for (QComboBox* box : {m_source, m_mix}) {
    connect(box, &QComboBox::currentIndexChanged, this, [this] {
      proposeTarget();
      change();
    });
  }
  connect(m_method, &QComboBox::currentIndexChanged, this, &QuantizeDialog::showMethod);
  connect(m_groups, &QuantizeGroups::changed, this, [this] {
    proposeTarget();
    change();
  });
  connect(m_pure, &QCheckBox::toggled, this, &QuantizeDialog::change);
  m_typing.setSingleShot(true);
  m_typing.setInterval(kTypingPause);
  connect(&m_typing, &QTimer::timeout, this, &QuantizeDialog::change);
  const auto wait = [this] {
    m_start->setEnabled(false);  // until it is known what that would be
    m_restart->hide();
    m_typing.start();
  };
  connect(m_groups, &QuantizeGroups::typed, this, wait);
  for (PathRow* row : {m_importance, m_target}) {
    connect(row, &PathRow::typed, this, wait);
    connect(row, &PathRow::chosen, this, &QuantizeDialog::change);
  }
  return choices;
}

const QuantizeMethod& QuantizeDialog::method() const { return quantizeMethods()[static_cast<std::size_t>(m_method->currentIndex())]; }

void QuantizeDialog::showMethod() {
  const bool mix = method().takes(kMixChoice);
  m_method->setToolTip(tr(method().summary));
  m_form->setRowVisible(m_mix, mix);
  m_form->setRowVisible(m_pure, mix);
  m_form->setRowVisible(m_importance, mix);
  m_groups->setMethod(method());  // asks for another forecast
}

void QuantizeDialog::connectJob() {
  connect(&m_job, &QuantizeJob::forecastKnown, this, &QuantizeDialog::showForecast);
  connect(&m_job, &QuantizeJob::forecastFailed, this, [this](const QString& sentence) {
    m_forecast->setText(sentence);
    m_start->setEnabled(false);
    showUnfinished(std::nullopt);
  });
  connect(&m_job, &QuantizeJob::progressed, this, &QuantizeDialog::showProgress);
  connect(&m_job, &QuantizeJob::tensorDone, this, &QuantizeDialog::addReport);
  connect(&m_job, &QuantizeJob::failed, this, [this](const QString& sentence) {
    setRunning(false);
    m_bar->setValue(0);
    m_state->setText(sentence);
    change();  // what is kept, and the free bytes, are others now
  });
  connect(&m_job, &QuantizeJob::finished, this, [this](quint64 bytes, double seconds) {
    setRunning(false);
    m_made = order().target;
    m_open->show();
    m_open->setFocus();
    m_state->setText(tr("%1 written in %2: %3").arg(bytesText(bytes), secondsText(seconds), m_made));
  });
  connect(m_start, &QPushButton::clicked, this, [this] { begin(m_replaces); });
  connect(m_restart, &QPushButton::clicked, this, [this] { begin(true); });
  connect(m_stop, &QPushButton::clicked, this, [this] { m_job.cancel(); });
  connect(m_keep, &QPushButton::clicked, this, [this] { m_job.cancel(true); });
  connect(m_pause, &QPushButton::toggled, this, [this](bool paused) {
    m_job.pause(paused);
    m_pause->setText(paused ? tr("&Go on") : tr("&Pause"));
  });
  connect(m_open, &QPushButton::clicked, this, [this] {
    Q_EMIT openWanted(m_made);
    accept();
  });
}

QuantizeOrder QuantizeDialog::order() const {
  return {.source = m_source->currentData().toString(),
          .target = m_target->path(),
          .method = m_method->currentData().toString(),
          .mix = m_mix->currentData().toString(),
          .importance = m_importance->path(),
          .pure = m_pure->isChecked(),
          .grouped = m_groups->options(),
          .text = m_groups->text()};
}

void QuantizeDialog::proposeTarget() {
  const bool mix = method().takes(kMixChoice), directory = !mix && m_groups->makesDirectory();
  m_target->setFilter(directory ? tr("All files (*)") : tr("GGUF models (*.gguf)"));
  if (m_target->path() != m_proposed) return;  // a name of the user's own
  QString base = m_source->currentData().toString();
  if (base == kDemoModel) base = QDir::homePath() + QStringLiteral("/demo");
  if (base.endsWith(QLatin1String(".gguf"))) base.chop(5);
  if (base.endsWith(QLatin1Char('/'))) base.chop(1);
  const QString ending = mix ? m_mix->currentData().toString() : QStringLiteral("%1-%2").arg(m_method->currentData().toString(), m_groups->nameEnding());
  m_proposed = QStringLiteral("%1-%2%3").arg(base, ending, directory ? QString() : QStringLiteral(".gguf"));
  m_target->line().setText(m_proposed);
}

void QuantizeDialog::change() {
  m_start->setEnabled(false);
  m_restart->hide();
  m_job.forecast(order());
}

void QuantizeDialog::showForecast(const QuantizeForecast& forecast) {
  QString text = tr("%1 from %2, %3 bits per weight; the disk has %4 free.")
                     .arg(bytesText(forecast.bytes), bytesText(forecast.sourceBytes),
                          QLocale().toString(forecast.bitsPerWeight, 'f', 2), bytesText(forecast.freeBytes));
  if (forecast.fallbacks > 0)
    text += QLatin1Char(' ') + plural(static_cast<qint64>(forecast.fallbacks), tr("1 tensor does not fit, and is written otherwise (%2)."),
                                      tr("%1 tensors do not fit, and are written otherwise (%2)."))
                                   .replace(QLatin1String("%2"), forecast.fallback);
  if (forecast.targetExists) text += QLatin1Char(' ') + tr("The file is there already and will be replaced.");
  showUnfinished(forecast.unfinished);
  if (m_replaces)
    text += QLatin1Char(' ') + tr("An unfinished run lies there, but %1; it will be replaced.").arg(QString::fromStdString(forecast.unfinished->difference));
  else if (forecast.unfinished)
    text += QLatin1Char(' ') + plural(static_cast<qint64>(forecast.unfinished->tensors), tr("A run of this was not finished: 1 tensor is done."),
                                      tr("A run of this was not finished: %1 tensors are done."));
  const bool fits = forecast.bytes <= forecast.freeBytes;
  if (!fits) text += QLatin1Char(' ') + tr("That is too little.");
  m_forecast->setText(text);
  m_start->setEnabled(fits && !m_job.isRunning() && !m_typing.isActive());
}

void QuantizeDialog::showUnfinished(const std::optional<UnfinishedRun>& run) {
  const bool goesOn = run && run->difference.empty();
  m_replaces = run && !goesOn;
  m_restart->setVisible(goesOn && !m_job.isRunning());
  m_start->setText(goesOn ? tr("&Resume") : tr("&Quantize"));
}

void QuantizeDialog::begin(bool restarts) {
  m_typing.stop();
  m_table->setRowCount(0);
  m_open->hide();
  m_state->clear();
  if (method().takes(kTextChoice)) Q_EMIT textUsed(m_groups->text());
  QuantizeOrder wanted = order();
  wanted.restarts = restarts;
  m_job.start(wanted);
  setRunning(true);
}

void QuantizeDialog::setRunning(bool running) {
  m_choices->setEnabled(!running);
  m_start->setEnabled(!running);
  m_pause->setChecked(false);
  m_pause->setVisible(running);
  m_stop->setVisible(running);
  m_keep->setVisible(running);
  if (running) showUnfinished(std::nullopt);
}

void QuantizeDialog::showProgress(const ConversionProgress& progress) {
  m_bar->setValue(static_cast<int>(progress.done * kBarSteps));
  if (!m_job.isRunning()) return;
  QString text = QString::fromStdString(progress.doing);
  if (progress.secondsLeft >= 0) text += tr(", %1 left").arg(secondsText(progress.secondsLeft));
  m_state->setText(text);
}

void QuantizeDialog::addReport(const TensorReport& report) {
  const int row = m_table->rowCount();
  m_table->insertRow(row);
  m_table->setItem(row, kTensor, textItem(QString::fromStdString(report.name)));
  m_table->setItem(row, kShape, textItem(shapeOf(report)));
  QTableWidgetItem* format = textItem(QLatin1String(numberFormat(report.to).name));
  if (!report.note.empty()) {
    format->setText(tr("%1 (fallback)").arg(format->text()));
    format->setToolTip(QString::fromStdString(report.note));
  }
  m_table->setItem(row, kFormat, format);
  if (report.squaredError > 0) {
    m_table->setItem(row, kError, numberItem(100 * report.relativeError(), 2, QStringLiteral(" %")));
    m_table->setItem(row, kSnr, numberItem(report.snrDb(), 1, QStringLiteral(" dB")));
  }
  if (!report.worst.empty()) {
    const RowError& worst = report.worst.front();
    QTableWidgetItem* item = textItem(tr("%1 (%2 %)").arg(QString::number(worst.row), QLocale().toString(100 * worst.relative, 'f', 1)));
    item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_table->setItem(row, kWorst, item);
  }
  m_table->scrollToBottom();
}

void QuantizeDialog::reject() {
  m_job.cancel();
  QDialog::reject();
}

}  // namespace cutaway
