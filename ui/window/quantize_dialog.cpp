#include "ui/window/quantize_dialog.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
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

namespace cutaway {
namespace {

constexpr int kBarSteps = 1000, kTypingPause = 150;  // ms
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

QHBoxLayout* withButton(QLineEdit* line, QPushButton* button) {
  auto* row = new QHBoxLayout;
  row->addWidget(line, 1);
  row->addWidget(button);
  return row;
}

}  // namespace

QuantizeDialog::QuantizeDialog(const QStringList& sources, SharedBytes demoModel, QWidget* parent)
    : QDialog(parent),
      m_job(std::move(demoModel), nullptr),
      m_source(new ChoiceBox(this)),
      m_mix(new ChoiceBox(this)),
      m_method(new ChoiceBox(this)),
      m_importance(new QLineEdit(this)),
      m_target(new QLineEdit(this)),
      m_pure(new QCheckBox(tr("All matrices &alike, none in more bits"), this)),
      m_forecast(new QLabel(this)),
      m_bar(new QProgressBar(this)),
      m_state(new QLabel(this)),
      m_table(new QTableWidget(0, kColumns, this)),
      m_start(new QPushButton(tr("&Quantize"), this)),
      m_pause(new QPushButton(tr("&Pause"), this)),
      m_stop(new QPushButton(tr("&Stop"), this)),
      m_open(new QPushButton(tr("&Open it"), this)) {
  setObjectName(QStringLiteral("quantizeDialog"));
  setWindowTitle(tr("Quantize a model"));
  for (const QString& source : sources) m_source->addItem(modelTitle(source), source);
  m_choices = makeChoices();
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
  m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
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
  m_open->setObjectName(QStringLiteral("quantizeOpen"));
  auto* buttons = new QHBoxLayout;
  buttons->addStretch(1);
  for (QPushButton* button : {m_open, m_pause, m_stop, m_start}) buttons->addWidget(button);
  auto* column = new QVBoxLayout(this);
  column->setSpacing(Theme::kGrid);
  column->addWidget(m_choices);
  column->addWidget(m_forecast);
  column->addWidget(m_bar);
  column->addWidget(m_state);
  column->addWidget(m_table, 1);
  column->addLayout(buttons);
  resize(760, 640);
  connectJob();
  setRunning(false);
  m_open->hide();
  proposeTarget();
  change();
}

QWidget* QuantizeDialog::makeChoices() {
  auto* choices = new QWidget(this);
  m_source->setObjectName(QStringLiteral("quantizeSource"));
  m_mix->setObjectName(QStringLiteral("quantizeType"));
  m_method->setObjectName(QStringLiteral("quantizeMethod"));
  m_importance->setObjectName(QStringLiteral("quantizeImportance"));
  m_importance->setPlaceholderText(tr("none"));
  m_target->setObjectName(QStringLiteral("quantizeTarget"));
  m_pure->setObjectName(QStringLiteral("quantizePure"));
  for (const Mix& mix : mixes())
    m_mix->addItem(tr("%1: %2").arg(QLatin1String(mix.name), tr(mix.summary)), QLatin1String(mix.name));
  m_mix->setCurrentIndex(m_mix->findData(QLatin1String(kDefaultMix)));
  for (const QuantizeMethod& method : quantizeMethods()) {
    m_method->addItem(tr(method.title), QLatin1String(method.name));
    m_method->setItemData(m_method->count() - 1, tr(method.summary), Qt::ToolTipRole);
  }
  auto* chooseImportance = new QPushButton(tr("Choose…"), choices);
  chooseImportance->setAccessibleName(tr("Choose an importance matrix"));
  auto* chooseTarget = new QPushButton(tr("Choose…"), choices);
  chooseTarget->setAccessibleName(tr("Choose the file to write"));
  for (QPushButton* button : {chooseImportance, chooseTarget}) button->setAutoDefault(false);  // Enter is not theirs
  auto* form = new QFormLayout(choices);
  form->setContentsMargins(0, 0, 0, 0);
  form->addRow(tr("&Model"), m_source);
  form->addRow(tr("&Type"), m_mix);
  form->addRow(tr("M&ethod"), m_method);
  form->addRow(QString(), m_pure);
  auto* importanceLabel = new QLabel(tr("&Importance matrix"), choices);
  importanceLabel->setBuddy(m_importance);
  form->addRow(importanceLabel, withButton(m_importance, chooseImportance));
  auto* targetLabel = new QLabel(tr("&File"), choices);
  targetLabel->setBuddy(m_target);
  form->addRow(targetLabel, withButton(m_target, chooseTarget));
  for (QComboBox* box : {m_source, m_mix}) {
    connect(box, &QComboBox::currentIndexChanged, this, [this] {
      proposeTarget();
      change();
    });
  }
  connect(m_pure, &QCheckBox::toggled, this, &QuantizeDialog::change);
  m_typing.setSingleShot(true);
  m_typing.setInterval(kTypingPause);
  connect(&m_typing, &QTimer::timeout, this, &QuantizeDialog::change);
  for (QLineEdit* line : {m_importance, m_target}) {
    connect(line, &QLineEdit::textEdited, this, [this] {
      m_start->setEnabled(false);  // until it is known what that would be
      m_typing.start();
    });
  }
  connect(chooseImportance, &QPushButton::clicked, this, [this] {
    choosePath(*m_importance, true, tr("Importance matrix"), tr("Importance matrices (*.gguf *.dat *.imatrix)"));
  });
  connect(chooseTarget, &QPushButton::clicked, this,
          [this] { choosePath(*m_target, false, tr("Write to"), tr("GGUF models (*.gguf)")); });
  return choices;
}

void QuantizeDialog::connectJob() {
  connect(&m_job, &QuantizeJob::forecastKnown, this, &QuantizeDialog::showForecast);
  connect(&m_job, &QuantizeJob::forecastFailed, this, [this](const QString& sentence) {
    m_forecast->setText(sentence);
    m_start->setEnabled(false);
  });
  connect(&m_job, &QuantizeJob::progressed, this, &QuantizeDialog::showProgress);
  connect(&m_job, &QuantizeJob::tensorDone, this, &QuantizeDialog::addReport);
  connect(&m_job, &QuantizeJob::failed, this, [this](const QString& sentence) {
    setRunning(false);
    m_bar->setValue(0);
    m_state->setText(sentence);
  });
  connect(&m_job, &QuantizeJob::finished, this, [this](quint64 bytes, double seconds) {
    setRunning(false);
    m_made = order().target;
    m_open->show();
    m_open->setFocus();
    m_state->setText(tr("%1 written in %2: %3").arg(bytesText(bytes), secondsText(seconds), m_made));
  });
  connect(m_start, &QPushButton::clicked, this, &QuantizeDialog::begin);
  connect(m_stop, &QPushButton::clicked, &m_job, &QuantizeJob::cancel);
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
          .target = m_target->text(),
          .mix = m_mix->currentData().toString(),
          .method = m_method->currentData().toString(),
          .importance = m_importance->text(),
          .pure = m_pure->isChecked()};
}

void QuantizeDialog::proposeTarget() {
  if (m_target->text() != m_proposed) return;  // a name of the user's own
  const QString source = m_source->currentData().toString();
  const QString mix = m_mix->currentData().toString();
  if (source == kDemoModel) {
    m_proposed = QDir::homePath() + QStringLiteral("/demo-%1.gguf").arg(mix);
  } else {
    QString base = source;
    if (base.endsWith(QLatin1String(".gguf"))) base.chop(5);
    m_proposed = QStringLiteral("%1-%2.gguf").arg(base, mix);
  }
  m_target->setText(m_proposed);
}

void QuantizeDialog::change() {
  m_start->setEnabled(false);
  m_job.forecast(order());
}

void QuantizeDialog::showForecast(const QuantizeForecast& forecast) {
  QString text = tr("%1 from %2, %3 bits per weight; the disk has %4 free.")
                     .arg(bytesText(forecast.bytes), bytesText(forecast.sourceBytes),
                          QLocale().toString(forecast.bitsPerWeight, 'f', 2), bytesText(forecast.freeBytes));
  if (forecast.fallbacks > 0)
    text += QLatin1Char(' ') + plural(static_cast<qint64>(forecast.fallbacks), tr("1 tensor does not fit the type and gets another."),
                                      tr("%1 tensors do not fit the type and get another."));
  if (forecast.targetExists) text += QLatin1Char(' ') + tr("The file is there already and will be replaced.");
  const bool fits = forecast.bytes <= forecast.freeBytes;
  if (!fits) text += QLatin1Char(' ') + tr("That is too little.");
  m_forecast->setText(text);
  m_start->setEnabled(fits && !m_job.isRunning());
}

void QuantizeDialog::begin() {
  m_table->setRowCount(0);
  m_open->hide();
  m_state->clear();
  m_job.start(order());
  setRunning(true);
}

void QuantizeDialog::setRunning(bool running) {
  m_choices->setEnabled(!running);
  m_start->setEnabled(!running);
  m_pause->setChecked(false);
  m_pause->setVisible(running);
  m_stop->setVisible(running);
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
    m_table->setItem(row, kWorst, textItem(tr("%1 (%2 %)").arg(QString::number(worst.row), QLocale().toString(100 * worst.relative, 'f', 1))));
  }
  m_table->scrollToBottom();
}

void QuantizeDialog::choosePath(QLineEdit& into, bool existing, const QString& title, const QString& filter) {
  auto* dialog = new QFileDialog(this, title, into.text(), filter);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(existing ? QFileDialog::ExistingFile : QFileDialog::AnyFile);
  dialog->setAcceptMode(existing ? QFileDialog::AcceptOpen : QFileDialog::AcceptSave);
  connect(dialog, &QFileDialog::fileSelected, this, [this, &into](const QString& path) {
    into.setText(path);
    change();
  });
  dialog->open();
}

void QuantizeDialog::reject() {
  m_job.cancel();
  QDialog::reject();
}

}  // namespace cutaway
