#include "ui/window/fit_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QStyle>
#include <QVBoxLayout>

#include "ui/base/text.h"
#include "ui/choice_box.h"
#include "ui/theme.h"

namespace cutaway {
namespace {

constexpr quint32 kContextStep = 64;
constexpr int kBarSteps = 1000;

}  // namespace

FitDialog::FitDialog(const ModelChoice& choice, const QStringList& devices, QWidget* parent)
    : QDialog(parent),
      m_choice(choice),
      m_title(new QLabel(this)),
      m_detail(new QLabel(this)),
      m_verdict(new QLabel(this)),
      m_bar(new QProgressBar(this)),
      m_slider(new QSlider(Qt::Horizontal, this)),
      m_context(new QSpinBox(this)),
      m_cacheFormat(new ChoiceBox(this)),
      m_device(new ChoiceBox(this)),
      m_buttons(new QDialogButtonBox(QDialogButtonBox::Cancel, this)) {
  setObjectName(QStringLiteral("fitDialog"));
  setWindowTitle(tr("Memory for the model"));
  QFont bold = m_title->font();
  bold.setWeight(QFont::DemiBold);
  m_title->setFont(bold);
  m_title->setText(tr("Reading the file…"));
  for (QLabel* label : {m_title, m_detail, m_verdict}) {
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
  }
  m_verdict->setObjectName(QStringLiteral("fitVerdict"));
  m_bar->setRange(0, kBarSteps);
  m_bar->setTextVisible(false);
  m_bar->setAccessibleName(tr("Share of the free memory"));
  m_slider->setAccessibleName(tr("Context length"));
  m_slider->setEnabled(false);
  m_context->setAccessibleName(tr("Context length in tokens"));
  m_context->setEnabled(false);
  m_context->setKeyboardTracking(false);
  m_context->setButtonSymbols(QAbstractSpinBox::NoButtons);
  m_cacheFormat->setAccessibleName(tr("Format of the key-value cache"));
  m_cacheFormat->addItem(QStringLiteral("F16"), static_cast<int>(FormatId::f16));
  m_cacheFormat->addItem(QStringLiteral("F32"), static_cast<int>(FormatId::f32));
  m_cacheFormat->setCurrentIndex(choice.cacheFormat == FormatId::f32 ? 1 : 0);
  m_device->setAccessibleName(tr("Device"));
  setDevices(devices, choice.device);
  m_device->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  QPushButton* load = m_buttons->addButton(tr("Load"), QDialogButtonBox::AcceptRole);
  load->setObjectName(QStringLiteral("fitLoad"));
  load->setProperty("primary", true);
  load->style()->polish(load);  // it was styled when it was added
  load->setEnabled(false);

  auto* contextRow = new QHBoxLayout;
  contextRow->addWidget(m_slider, 1);
  contextRow->addWidget(m_context);
  auto* form = new QFormLayout;
  form->addRow(tr("&Device"), m_device);
  auto* contextLabel = new QLabel(tr("&Context"), this);
  contextLabel->setBuddy(m_slider);
  form->addRow(contextLabel, contextRow);
  form->addRow(tr("C&ache"), m_cacheFormat);
  auto* column = new QVBoxLayout(this);
  column->setSpacing(Theme::kGrid * 3 / 2);
  column->addWidget(m_title);
  column->addLayout(form);
  column->addWidget(m_bar);
  column->addWidget(m_detail);
  column->addWidget(m_verdict);
  column->addStretch(1);
  column->addWidget(m_buttons);
  setMinimumWidth(460);

  connect(m_slider, &QSlider::valueChanged, this, [this](int steps) { setContext(qMin(m_longest, steps * kContextStep)); });
  connect(m_context, &QSpinBox::valueChanged, this, [this](int tokens) { setContext(static_cast<quint32>(tokens)); });
  connect(m_cacheFormat, &QComboBox::activated, this, &FitDialog::change);
  connect(m_device, &QComboBox::activated, this, &FitDialog::change);
  connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(m_buttons, &QDialogButtonBox::accepted, this, [this] {
    Q_EMIT loadRequested(m_choice);
    accept();
  });
}

void FitDialog::setDevices(const QStringList& names, int chosen) {
  m_device->clear();
  m_device->addItems(names);
  m_device->setCurrentIndex(chosen);
  m_choice.device = chosen;
}

void FitDialog::setContext(quint32 context) {
  if (context == 0 || context == m_choice.context) return;
  m_choice.context = context;
  const QSignalBlocker quietSlider(m_slider), quietBox(m_context);
  m_slider->setValue(static_cast<int>(context / kContextStep));
  m_context->setValue(static_cast<int>(context));
  change();
}

void FitDialog::change() {
  m_choice.cacheFormat = static_cast<FormatId>(m_cacheFormat->currentData().toInt());
  m_choice.device = m_device->currentIndex();
  Q_EMIT estimateWanted(m_choice);
}

void FitDialog::showReport(const FitReport& report) {
  if (report.choice.path != m_choice.path) return;
  m_longest = report.card.contextLength;
  m_choice.context = report.context;
  {
    const QSignalBlocker quietSlider(m_slider), quietBox(m_context);
    m_slider->setRange(1, static_cast<int>(qMax(1u, m_longest / kContextStep)));
    m_context->setRange(1, static_cast<int>(m_longest));
    m_slider->setValue(static_cast<int>(report.context / kContextStep));
    m_context->setValue(static_cast<int>(report.context));
  }
  m_slider->setEnabled(true);
  m_context->setEnabled(true);
  const MemoryUse& need = report.need;
  m_title->setText(report.card.title());
  m_detail->setText(tr("%1 for weights, %2 for the cache, %3 for work space: %4 of %5 that %6 has left.")
                        .arg(bytesText(need.weights), bytesText(need.cache), bytesText(need.scratch),
                             bytesText(need.total()), bytesText(need.available), report.device));
  const double share = static_cast<double>(need.total()) / static_cast<double>(qMax<quint64>(1, need.available));
  m_bar->setValue(static_cast<int>(qMin(1.0, share) * kBarSteps));
  QString verdict = tr("It fits.");
  if (!report.fits() && report.longestContext > 0) {
    verdict = tr("It does not fit. A context of %1 tokens would.").arg(countText(report.longestContext));
  } else if (!report.fits()) {
    verdict = tr("It does not fit: the weights alone are too large for this device.");
  }
  m_verdict->setText(verdict);
  m_buttons->findChild<QPushButton*>(QStringLiteral("fitLoad"))->setEnabled(report.fits());
}

void FitDialog::showProblem(const QString& sentence) {
  m_title->setText(tr("This model cannot be loaded"));
  m_verdict->setText(sentence);
  m_buttons->findChild<QPushButton*>(QStringLiteral("fitLoad"))->setEnabled(false);
}

}  // namespace cutaway
