#include "ui/window/quantize_groups.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSpinBox>
#include <QStandardItemModel>

#include "ui/choice_box.h"
#include "ui/window/path_row.h"

namespace cutaway {
namespace {

struct Form {
  TargetForm form;
  const char* title;
};
constexpr Form kForms[] = {
    {TargetForm::gguf, QT_TRANSLATE_NOOP("cutaway::QuantizeGroups", "GGUF file")},
    {TargetForm::gptq, QT_TRANSLATE_NOOP("cutaway::QuantizeGroups", "Hugging Face directory, GPTQ layout")},
    {TargetForm::awq, QT_TRANSLATE_NOOP("cutaway::QuantizeGroups", "Hugging Face directory, AWQ layout")},
};
constexpr int kBits[] = {2, 3, 4, 8}, kGroups[] = {32, 64, 128, 0};
constexpr int kChunk = 512, kMostTokens = 1 << 20;

template <class Box>
Box* named(Box* box, const char* name, const QString& spoken) {
  box->setObjectName(QLatin1String(name));
  box->setAccessibleName(spoken);
  return box;
}

/// An item that cannot be chosen now says why.
void allow(QComboBox& box, int index, const Result<void>& possible) {
  auto* item = qobject_cast<QStandardItemModel*>(box.model())->item(index);
  item->setEnabled(possible.has_value());
  item->setToolTip(possible ? QString() : QString::fromStdString(possible.error().message));
}

}  // namespace

QuantizeGroups::QuantizeGroups(QFormLayout& form, const QString& text, QWidget* parent)
    : QObject(parent),
      m_rows(form),
      m_form(named(new ChoiceBox(parent), "quantizeForm", tr("What is written"))),
      m_bits(named(new ChoiceBox(parent), "quantizeBits", tr("Bits"))),
      m_group(named(new ChoiceBox(parent), "quantizeGroup", tr("Columns that share a scale"))),
      m_zeroPoint(named(new QCheckBox(tr("&Zero points"), parent), "quantizeZeroPoint", tr("Zero points"))),
      m_byImportance(named(new QCheckBox(tr("&Largest inputs first (desc_act)"), parent), "quantizeDescAct", tr("Columns with the largest inputs first"))),
      m_staticGroups(named(new QCheckBox(tr("Static gro&ups"), parent), "quantizeStaticGroups", tr("Static groups"))),
      m_damping(named(new QDoubleSpinBox(parent), "quantizeDamping", tr("Damping"))),
      m_clips(named(new QCheckBox(tr("Cut off o&utliers where that helps"), parent), "quantizeClip", tr("Cut off outliers"))),
      m_text(new PathRow(PathRow::Kind::existing, QStringLiteral("quantizeText"), tr("Calibration text"), tr("Texts (*.txt *.md);;All files (*)"), parent)),
      m_tokens(named(new QSpinBox(parent), "quantizeTokens", tr("Tokens read at most"))),
      m_scheme(new QWidget(parent)),
      m_order(new QWidget(parent)) {
  m_text->line().setText(text);
  m_text->line().setPlaceholderText(tr("a text like those the model will meet, of some ten thousand tokens"));
  addScheme(parent);
  addMethods(parent);
  for (QComboBox* box : {m_form, m_bits, m_group}) connect(box, &QComboBox::currentIndexChanged, this, &QuantizeGroups::explain);
  for (QCheckBox* box : {m_zeroPoint, m_byImportance, m_staticGroups, m_clips}) connect(box, &QCheckBox::toggled, this, &QuantizeGroups::explain);
  connect(m_damping, &QDoubleSpinBox::valueChanged, this, &QuantizeGroups::changed);
  connect(m_tokens, &QSpinBox::valueChanged, this, &QuantizeGroups::changed);
  connect(m_text, &PathRow::chosen, this, &QuantizeGroups::changed);
  connect(m_text, &PathRow::typed, this, &QuantizeGroups::typed);
}

void QuantizeGroups::addScheme(QWidget* parent) {
  for (const Form& form : kForms) m_form->addItem(tr(form.title), static_cast<int>(form.form));
  for (const int bits : kBits) m_bits->addItem(QString::number(bits), bits);
  for (const int columns : kGroups) m_group->addItem(columns == 0 ? tr("a whole row") : tr("%1 columns").arg(columns), columns);
  m_bits->setCurrentIndex(m_bits->findData(4));
  m_group->setCurrentIndex(m_group->findData(128));
  m_zeroPoint->setToolTip(tr("The codes of a group need not lie evenly around 0"));
  auto* row = new QHBoxLayout(m_scheme);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(m_bits);
  auto* each = new QLabel(tr("a scale for eac&h"), parent);
  each->setBuddy(m_group);
  row->addWidget(each);
  row->addWidget(m_group);
  row->addWidget(m_zeroPoint);
  row->addStretch(1);
  m_scheme->setFocusProxy(m_bits);
  m_rows.addRow(tr("&Write"), m_form);
  auto* bits = new QLabel(tr("&Bits"), parent);
  bits->setBuddy(m_bits);
  m_rows.addRow(bits, m_scheme);
}

void QuantizeGroups::addMethods(QWidget* parent) {
  m_byImportance->setToolTip(tr("Columns whose inputs are largest are rounded first, so that their errors are made up for best"));
  m_staticGroups->setToolTip(tr("Groups stay neighbours, as GGUF files and the AWQ layout need it"));
  m_damping->setRange(0, 1);
  m_damping->setButtonSymbols(QAbstractSpinBox::NoButtons);
  m_damping->setDecimals(3);
  m_damping->setSingleStep(0.005);
  m_damping->setValue(GptqOptions().damping);
  m_damping->setToolTip(tr("Part of the Hessian's mean diagonal that is added to it"));
  m_clips->setChecked(true);
  m_tokens->setRange(kChunk, kMostTokens);
  m_tokens->setSingleStep(kChunk);
  m_tokens->setGroupSeparatorShown(true);
  m_tokens->setValue(static_cast<int>(GroupedOptions().mostChunks) * kChunk);
  m_tokens->setButtonSymbols(QAbstractSpinBox::NoButtons);
  m_tokens->setSuffix(tr(" tokens at most"));
  auto* row = new QHBoxLayout(m_order);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(m_byImportance);
  row->addWidget(m_staticGroups);
  auto* damping = new QLabel(tr("&Damping"), parent);
  damping->setBuddy(m_damping);
  row->addSpacing(8);
  row->addWidget(damping);
  row->addWidget(m_damping);
  row->addStretch(1);
  m_rows.addRow(QString(), m_order);
  m_rows.addRow(QString(), m_clips);
  auto* label = new QLabel(tr("&Calibration text"), parent);
  label->setBuddy(&m_text->line());
  m_rows.addRow(label, m_text);
  m_rows.addRow(tr("Re&ad"), m_tokens);
}

void QuantizeGroups::setMethod(const QuantizeMethod& method) {
  m_method = &method;
  m_rows.setRowVisible(m_form, method.takes(kGroupChoice));
  m_rows.setRowVisible(m_scheme, method.takes(kGroupChoice));
  m_rows.setRowVisible(m_order, method.takes(kGptqChoice));
  m_rows.setRowVisible(m_clips, method.takes(kAwqChoice));
  m_rows.setRowVisible(m_text, method.takes(kTextChoice));
  m_rows.setRowVisible(m_tokens, method.takes(kTextChoice));
  explain();
}

GroupedOptions QuantizeGroups::options() const {
  GroupedOptions options;
  options.form = static_cast<TargetForm>(m_form->currentData().toInt());
  options.scheme = {m_bits->currentData().toUInt(), m_group->currentData().toUInt(), !m_zeroPoint->isChecked()};
  const bool ordered = m_method != nullptr && m_method->takes(kGptqChoice) && m_byImportance->isChecked();
  options.gptq = {ordered, ordered && m_staticGroups->isChecked(), true, m_damping->value()};
  options.clips = m_clips->isChecked();
  options.chunkTokens = kChunk;
  options.mostChunks = static_cast<std::uint32_t>(m_tokens->value() / kChunk);
  return options;
}

QString QuantizeGroups::text() const { return m_text->path(); }

QString QuantizeGroups::nameEnding() const {
  const GroupedScheme scheme = options().scheme;
  return scheme.groupSize == 0 ? QStringLiteral("%1bit").arg(scheme.bits) : QStringLiteral("%1bit-%2g").arg(scheme.bits).arg(scheme.groupSize);
}

void QuantizeGroups::explain() {
  m_staticGroups->setEnabled(m_byImportance->isChecked());
  const GroupedOptions now = options();
  for (int i = 0; i < m_form->count(); ++i)
    allow(*m_form, i, checkCombination(static_cast<TargetForm>(m_form->itemData(i).toInt()), now.scheme, now.scattersGroups()));
  for (int i = 0; i < m_bits->count(); ++i) {
    GroupedScheme scheme = now.scheme;
    scheme.bits = m_bits->itemData(i).toUInt();
    allow(*m_bits, i, checkCombination(now.form, scheme, now.scattersGroups()));
  }
  Q_EMIT changed();
}

}  // namespace cutaway
