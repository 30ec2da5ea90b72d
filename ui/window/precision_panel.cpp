#include "ui/window/precision_panel.h"

#include <QCheckBox>
#include <QCoreApplication>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSlider>
#include <QVBoxLayout>

#include "core/convert/activation_choice.h"
#include "core/convert/simulated_file.h"
#include "ui/choice_box.h"
#include "ui/engine/engine_data.h"
#include "ui/theme.h"

namespace cutaway {
namespace {

constexpr int kLeastBits = 2, kMostBits = 16;
constexpr int kLines = 3;     ///< of either sentence below
constexpr int kPause = 250;  ///< ms after the last change, before the model is loaded anew

/// A way to store weights: the text of a scheme, with %1 for the bits and %2 for who shares a scale.
struct Grid {
  const char* scheme;
  const char* title;
};
constexpr Grid kGrids[] = {
    {"int%1:%2", QT_TRANSLATE_NOOP("PrecisionPanel", "Integers")},
    {"int%1:%2:asym", QT_TRANSLATE_NOOP("PrecisionPanel", "Integers with zero points")},
    {"nf4:b64", QT_TRANSLATE_NOOP("PrecisionPanel", "NF4")},
    {"nf4:b64:dq", QT_TRANSLATE_NOOP("PrecisionPanel", "NF4, double quantization")},
    {"fp4:b64", QT_TRANSLATE_NOOP("PrecisionPanel", "FP4")},
    {"fp4:b64:dq", QT_TRANSLATE_NOOP("PrecisionPanel", "FP4, double quantization")},
    {"f16", "F16"},
    {"bf16", "BF16"},
    {"q8_0", "Q8_0"},
    {"q6_k", "Q6_K"},
    {"q5_k", "Q5_K"},
    {"q4_k", "Q4_K"},
    {"q4_0", "Q4_0"},
    {"q3_k", "Q3_K"},
    {"q2_k", "Q2_K"},
};

struct Shares {
  const char* text;
  const char* title;
};
constexpr Shares kShares[] = {
    {"g32", QT_TRANSLATE_NOOP("PrecisionPanel", "Groups of 32")},
    {"g64", QT_TRANSLATE_NOOP("PrecisionPanel", "Groups of 64")},
    {"g128", QT_TRANSLATE_NOOP("PrecisionPanel", "Groups of 128")},
    {"channel", QT_TRANSLATE_NOOP("PrecisionPanel", "Rows")},
    {"tensor", QT_TRANSLATE_NOOP("PrecisionPanel", "Whole matrices")},
};

/// Items of the choice of activations.
enum Rounding { kAsTheyAre, kPerToken, kStatic };

bool takesBits(const QString& scheme) { return scheme.contains(QLatin1String("%1")); }

QString weightsTitle(const QString& simulation) {
  const auto parsed = parseSimulation(simulation.toStdString());
  if (simulation.isEmpty() || !parsed) return QCoreApplication::translate("PrecisionPanel", "As stored");
  const Scheme& scheme = parsed->scheme;
  if (scheme.kind == Scheme::Kind::integer) return QCoreApplication::translate("PrecisionPanel", "%1 bits").arg(scheme.bits);
  if (scheme.kind == Scheme::Kind::format) return QLatin1String(numberFormat(scheme.format).name);
  return scheme.kind == Scheme::Kind::nf4 ? QStringLiteral("NF4") : QStringLiteral("FP4");
}

}  // namespace

QString precisionTitle(const QString& simulation, const QString& activations) {
  return weightsTitle(simulation) + (activations.isEmpty() ? QString() : QStringLiteral(" + A8"));
}

PrecisionPanel::PrecisionPanel(QWidget* parent)
    : QWidget(parent),
      m_bitsText(new QLabel(this)),
      m_bits(new QSlider(Qt::Horizontal, this)),
      m_grid(new ChoiceBox(this)),
      m_shares(new ChoiceBox(this)),
      m_activations(new ChoiceBox(this)),
      m_everything(new QCheckBox(tr("&Embedding and output too"), this)),
      m_result(new QLabel(this)),
      m_rounding(new QLabel(this)) {
  m_bits->setObjectName(QStringLiteral("precisionBits"));
  m_bits->setAccessibleName(tr("Bits per weight"));
  m_bits->setRange(kLeastBits, kMostBits);
  m_bits->setInvertedAppearance(true);  // from 16 to 2: what is lost grows to the right
  m_bits->setInvertedControls(true);
  m_bits->setPageStep(1);
  m_bits->setTickPosition(QSlider::TicksBelow);
  m_bits->setTickInterval(2);
  m_bits->setValue(kMostBits);
  m_bitsText->setObjectName(QStringLiteral("precisionBitsText"));
  m_grid->setObjectName(QStringLiteral("precisionGrid"));
  m_grid->setAccessibleName(tr("How weights are stored"));
  for (const Grid& grid : kGrids) m_grid->addItem(tr(grid.title), QLatin1String(grid.scheme));
  m_shares->setObjectName(QStringLiteral("precisionShares"));
  m_shares->setAccessibleName(tr("Which weights share a scale"));
  for (const Shares& shares : kShares) m_shares->addItem(tr(shares.title), QLatin1String(shares.text));
  m_activations->setObjectName(QStringLiteral("precisionActivations"));
  m_activations->setAccessibleName(tr("How activations are rounded"));
  m_activations->addItems({tr("As they are"), tr("INT8, one scale per token"), tr("INT8, static scales…")});
  m_everything->setObjectName(QStringLiteral("precisionEverything"));
  m_result->setObjectName(QStringLiteral("precisionResult"));
  m_rounding->setObjectName(QStringLiteral("precisionRounding"));
  for (QLabel* label : {m_result, m_rounding}) {
    label->setWordWrap(true);
    label->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    label->setMinimumHeight(kLines * label->fontMetrics().lineSpacing());  // the menu around the panel does not grow
    label->setForegroundRole(QPalette::PlaceholderText);
  }
  auto* bits = new QHBoxLayout;
  bits->addWidget(m_bits, 1);
  bits->addWidget(m_bitsText);
  m_bitsText->setMinimumWidth(m_bitsText->fontMetrics().horizontalAdvance(tr("As stored")));
  auto* form = new QFormLayout;
  auto* bitsLabel = new QLabel(tr("&Bits"));
  bitsLabel->setBuddy(m_bits);
  form->addRow(bitsLabel, bits);
  form->addRow(tr("S&tored as"), m_grid);
  form->addRow(tr("One &scale for"), m_shares);
  form->addRow(tr("&Activations"), m_activations);
  auto* column = new QVBoxLayout(this);
  column->setSpacing(Theme::kGrid);
  column->addLayout(form);
  column->addWidget(m_everything);
  column->addWidget(m_result);
  column->addWidget(m_rounding);
  setMinimumWidth(340);

  m_pause.setSingleShot(true);
  m_pause.setInterval(kPause);
  connect(&m_pause, &QTimer::timeout, this, [this] {
    if (m_bits->isSliderDown()) return m_pause.start();
    Q_EMIT chosen(simulation(), activations());
  });
  connect(m_bits, &QSlider::valueChanged, this, &PrecisionPanel::change);
  connect(m_grid, &QComboBox::activated, this, &PrecisionPanel::change);
  connect(m_shares, &QComboBox::activated, this, &PrecisionPanel::change);
  connect(m_activations, &QComboBox::activated, this, &PrecisionPanel::changeActivations);
  connect(m_everything, &QCheckBox::clicked, this, &PrecisionPanel::change);
  describe();
}

QString PrecisionPanel::simulation() const {
  QString scheme = m_grid->currentData().toString();
  if (takesBits(scheme)) {
    if (m_bits->value() == kMostBits) return {};
    scheme = scheme.arg(QString::number(m_bits->value()), m_shares->currentData().toString());
  }
  return scheme + (m_everything->isChecked() ? QStringLiteral(":all") : QString());
}

QString PrecisionPanel::activations() const {
  if (m_activations->currentIndex() == kAsTheyAre) return {};
  const bool isStatic = m_activations->currentIndex() == kStatic;
  return QString::fromStdString(toString(ActivationChoice{isStatic ? ActivationScale::fixed : ActivationScale::dynamic,
                                                          m_everything->isChecked(), isStatic ? m_calibration.toStdString() : std::string()}));
}

void PrecisionPanel::changeActivations() {
  if (m_activations->currentIndex() == kStatic) return chooseCalibration();
  change();
}

/// The list is a part of a menu, which a dialog closes.
void PrecisionPanel::chooseCalibration() {
  m_activations->setCurrentIndex(m_accepted);
  QWidget* const popup = window();
  QWidget* const owner = popup->parentWidget() != nullptr ? popup->parentWidget()->window() : this;
  if (owner != this) popup->close();
  auto* dialog = new QFileDialog(owner, tr("Text that static scales are calibrated with"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setObjectName(QStringLiteral("calibrationDialog"));
  dialog->setFileMode(QFileDialog::ExistingFile);
  dialog->setNameFilters({tr("Texts (*.txt)"), tr("All files (*)")});
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
    m_calibration = path;
    m_activations->setCurrentIndex(kStatic);
    change();
  });
  dialog->open();
}

void PrecisionPanel::change() {
  describe();
  m_pause.start();
}

void PrecisionPanel::describe() {
  const bool bits = takesBits(m_grid->currentData().toString());
  m_bits->setEnabled(bits);
  m_shares->setEnabled(bits);
  m_bitsText->setText(weightsTitle(simulation()));
  describeActivations();
  if (simulation().isEmpty())
    m_result->setText(tr("The weights as the file has them. Fewer bits are tried at once: the layers' matrices are rounded "
                         "and read back, the rest stays."));
}

void PrecisionPanel::describeActivations() {
  const int rounding = m_accepted = m_activations->currentIndex();
  if (rounding == kAsTheyAre) return m_rounding->setText(tr("What the matrices read is left as it is computed."));
  const QString what = m_everything->isChecked() ? tr("What the layers' matrices and the output matrix read is rounded to 8 bits")
                                                 : tr("What the layers' matrices read is rounded to 8 bits");
  m_rounding->setText(rounding == kStatic ? tr("%1, with one scale per input, from %2.").arg(what, QFileInfo(m_calibration).fileName())
                                          : tr("%1, with one scale per token.").arg(what));
}

void PrecisionPanel::setModel(const ModelCard* card) {
  if (m_pause.isActive()) return;  // what is loaded is no longer what is wanted
  const QString text = card == nullptr ? QString() : card->simulation;
  const QSignalBlocker quiet(m_bits);
  const auto rounding = parseActivations(card == nullptr ? std::string() : card->activations.toStdString());
  m_activations->setCurrentIndex(!rounding ? kAsTheyAre : rounding->scale == ActivationScale::fixed ? kStatic : kPerToken);
  if (rounding && rounding->scale == ActivationScale::fixed) m_calibration = QString::fromStdString(rounding->calibration);
  const auto parsed = parseSimulation(text.toStdString());
  if (!parsed) {
    m_bits->setValue(kMostBits);
    if (!takesBits(m_grid->currentData().toString())) m_grid->setCurrentIndex(0);
    return describe();
  }
  if (parsed->scheme.kind == Scheme::Kind::integer) m_bits->setValue(static_cast<int>(parsed->scheme.bits));
  describe();
  m_result->setText(tr("%1 bits per weight with scales; the weights are %2 dB above their error.")
                        .arg(QLocale().toString(card->simulatedBits, 'f', 2), QLocale().toString(card->simulatedSnr, 'f', 1)));
}

}  // namespace cutaway
