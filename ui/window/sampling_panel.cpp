#include "ui/window/sampling_panel.h"

#include <QFormLayout>
#include <QLabel>

#include "ui/base/settings.h"
#include "ui/theme.h"
#include "ui/window/quiet_spin_box.h"

namespace cutaway {
namespace {

/// A control: what it says, its range, and how it meets AnswerSettings.
struct Row {
  const char* key;    ///< in the settings file
  const char* label;  ///< with its mnemonic
  const char* tip;
  double minimum, maximum, step;
  int decimals;
  const char* atMinimum;  ///< shown instead of the least value, or null
  double (*get)(const AnswerSettings&);
  void (*set)(AnswerSettings&, double);
};

template <auto Member>
double getSampler(const AnswerSettings& s) { return static_cast<double>(s.sampler.*Member); }
template <auto Member>
void setSampler(AnswerSettings& s, double value) {
  using Field = std::remove_reference_t<decltype(s.sampler.*Member)>;
  s.sampler.*Member = static_cast<Field>(value);
}

double getSeed(const AnswerSettings& s) { return s.randomSeed ? -1 : static_cast<double>(s.sampler.seed); }
void setSeed(AnswerSettings& s, double value) {
  s.randomSeed = value < 0;
  s.sampler.seed = s.randomSeed ? 0 : static_cast<quint64>(value);
}
double getMaxTokens(const AnswerSettings& s) { return s.maxTokens; }
void setMaxTokens(AnswerSettings& s, double value) { s.maxTokens = static_cast<quint32>(value); }

#define TEXT(text) QT_TRANSLATE_NOOP("SamplingPanel", text)
constexpr Row kRows[] = {
    {"temperature", TEXT("&Temperature"), TEXT("Divides the logits: lower is more predictable, 0 always takes the most likely token"),
     0, 5, 0.05, 2, TEXT("greedy"), getSampler<&SamplerSettings::temperature>, setSampler<&SamplerSettings::temperature>},
    {"topK", TEXT("Top-&k"), TEXT("Only the k most likely tokens can be chosen"), 0, 1000, 1, 0, TEXT("off"),
     getSampler<&SamplerSettings::topK>, setSampler<&SamplerSettings::topK>},
    {"topP", TEXT("Top-&p"), TEXT("Only the most likely tokens that make up this probability together; 1 is off"), 0.01, 1,
     0.01, 2, nullptr, getSampler<&SamplerSettings::topP>, setSampler<&SamplerSettings::topP>},
    {"minP", TEXT("Mi&n-p"), TEXT("Only tokens at least this likely, relative to the most likely one"), 0, 1, 0.01, 2,
     TEXT("off"), getSampler<&SamplerSettings::minP>, setSampler<&SamplerSettings::minP>},
    {"repetitionPenalty", TEXT("&Repetition penalty"), TEXT("Makes tokens of the last 64 less likely; 1 is off"), 0.5, 2, 0.01,
     2, nullptr, getSampler<&SamplerSettings::repetitionPenalty>, setSampler<&SamplerSettings::repetitionPenalty>},
    {"frequencyPenalty", TEXT("Fre&quency penalty"), TEXT("Taken from a logit for every earlier occurrence; 0 is off"), -2, 2,
     0.05, 2, nullptr, getSampler<&SamplerSettings::frequencyPenalty>, setSampler<&SamplerSettings::frequencyPenalty>},
    {"presencePenalty", TEXT("Pre&sence penalty"), TEXT("Taken once from the logit of a token that occurred; 0 is off"), -2, 2,
     0.05, 2, nullptr, getSampler<&SamplerSettings::presencePenalty>, setSampler<&SamplerSettings::presencePenalty>},
    {"seed", TEXT("See&d"), TEXT("The same seed and settings give the same answer"), -1, 4294967295.0, 1, 0, TEXT("random"),
     getSeed, setSeed},
    {"maxTokens", TEXT("Ma&x tokens"), TEXT("An answer ends here at the latest"), 0, 1048576, 16, 0, TEXT("no limit"),
     getMaxTokens, setMaxTokens},
};
#undef TEXT

QString settingsKey(const Row& row) { return QStringLiteral("sampling/") + QLatin1String(row.key); }

}  // namespace

SamplingPanel::SamplingPanel(Settings& settings, QWidget* parent) : QWidget(parent), m_settings(settings) {
  auto* form = new QFormLayout(this);
  form->setContentsMargins(0, 0, 0, 0);
  form->setVerticalSpacing(0);
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  const AnswerSettings defaults;
  for (const Row& row : kRows) {
    auto* box = new QuietSpinBox(this);
    box->setObjectName(QLatin1String(row.key));
    box->setDecimals(row.decimals);
    box->setRange(row.minimum, row.maximum);
    box->setSingleStep(row.step);
    if (row.atMinimum != nullptr) box->setSpecialValueText(tr(row.atMinimum));
    box->setValue(m_settings.value(settingsKey(row), row.get(defaults)).toDouble());
    box->setToolTip(tr(row.tip));
    auto* label = new QLabel(tr(row.label), this);
    label->setBuddy(box);
    label->setToolTip(box->toolTip());
    box->setAccessibleName(tr(row.label).remove(QLatin1Char('&')));
    box->setAccessibleDescription(box->toolTip());
    form->addRow(label, box);
    m_boxes.push_back(box);
    connect(box, &QDoubleSpinBox::valueChanged, this, [this, &row](double value) {
      m_settings.setValue(settingsKey(row), value);
      Q_EMIT changed();
    });
  }
}

AnswerSettings SamplingPanel::values() const {
  AnswerSettings values;
  for (std::size_t i = 0; i < m_boxes.size(); ++i) kRows[i].set(values, m_boxes[i]->value());
  return values;
}

void SamplingPanel::reset() {
  const AnswerSettings defaults;
  for (std::size_t i = 0; i < m_boxes.size(); ++i) m_boxes[i]->setValue(kRows[i].get(defaults));
}

}  // namespace cutaway
