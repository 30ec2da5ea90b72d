#include "ui/views/edit_builder.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QDir>
#include <QGridLayout>
#include <utility>

#include "core/inspect/capture_file.h"
#include "ui/chat/token_tip.h"
#include "ui/theme.h"
#include "ui/views/view_parts.h"

namespace cutaway {
namespace {

enum class IndexOf : quint8 { none, head, neuron };

/// What can be picked; %1 is the layer, `index` what else chooses a part of the value.
struct PartRow {
  const char* title;
  const char* value;
  IndexOf index;
};
constexpr PartRow kParts[] = {
    {QT_TRANSLATE_NOOP("cutaway::EditBuilder", "Head"), "blk.%1.attn.z", IndexOf::head},
    {QT_TRANSLATE_NOOP("cutaway::EditBuilder", "Attention block"), "blk.%1.attn.out", IndexOf::none},
    {QT_TRANSLATE_NOOP("cutaway::EditBuilder", "Feed-forward block"), "blk.%1.ffn.out", IndexOf::none},
    {QT_TRANSLATE_NOOP("cutaway::EditBuilder", "Whole layer"), "blk.%1.*.out", IndexOf::none},
    {QT_TRANSLATE_NOOP("cutaway::EditBuilder", "Neuron"), "blk.%1.ffn.act", IndexOf::neuron},
    {QT_TRANSLATE_NOOP("cutaway::EditBuilder", "Residual stream"), "blk.%1.resid_post", IndexOf::none},
};

/// Answered at once: only how many tokens there are is asked.
class HowMany final : public Inquiry {
 public:
  Result<bool> step(Session&) override { return false; }
  double progress() const override { return 1; }
};

}  // namespace

EditBuilder::EditBuilder(ViewData& viewData)
    : m_data(viewData),
      m_part(new ChoiceBox),
      m_act(new ChoiceBox),
      m_at(new ChoiceBox),
      m_layer(new QSpinBox),
      m_index(new QSpinBox),
      m_number(new QSpinBox),
      m_factor(new QDoubleSpinBox),
      m_take(new QPushButton(tr("&Take its value at the selected word"))),
      m_add(new QPushButton(tr("&Add"))),
      m_hint(makeFacts(QStringLiteral("editHint"))),
      m_text(new QLineEdit),
      m_positionQuestion(viewData, QStringLiteral("edit-position"), nullptr),
      m_valueQuestion(viewData, QStringLiteral("edit-value"), nullptr) {
  setUp();
  layOut();
  for (ChoiceBox* box : {m_part, m_act, m_at}) connect(box, &QComboBox::currentIndexChanged, this, &EditBuilder::showProposed);
  for (QSpinBox* box : {m_layer, m_index, m_number}) connect(box, &QSpinBox::valueChanged, this, &EditBuilder::showProposed);
  connect(m_factor, &QDoubleSpinBox::valueChanged, this, &EditBuilder::showProposed);
  connect(m_take, &QPushButton::clicked, this, &EditBuilder::takeValue);
  connect(m_text, &QLineEdit::returnPressed, this, &EditBuilder::add);
  connect(m_add, &QPushButton::clicked, this, &EditBuilder::add);
  connect(&m_positionQuestion, &ViewQuestion::answered, this, [this](const Answer& answer) {
    m_position = static_cast<int>(answer.tokens.size()) - 1;
    showProposed();
  });
  connect(&m_valueQuestion, &ViewQuestion::answered, this, [this](const Answer& answer) {
    if (!answer.error.isEmpty()) return m_hint->setText(answer.error);
    m_source = m_asked;
    showProposed();
  });
  showProposed();
}

void EditBuilder::setUp() {
  for (const PartRow& row : kParts) m_part->addItem(tr(row.title));
  m_act->addItems({tr("Switch off"), tr("Scale"), tr("Put in another value")});
  m_at->addItems({tr("at every token"), tr("at the selected word"), tr("from the selected word on"), tr("at token number")});
  m_part->setAccessibleName(tr("Part of the model"));
  m_act->setAccessibleName(tr("What is done"));
  m_at->setAccessibleName(tr("At which tokens"));
  m_layer->setAccessibleName(tr("Layer"));
  m_layer->setPrefix(tr("layer "));
  m_layer->setRange(0, 0);
  m_index->setAccessibleName(tr("Head or neuron"));
  m_number->setAccessibleName(tr("Token number"));
  m_number->setPrefix(tr("token "));
  m_number->setRange(0, 1 << 20);
  m_factor->setAccessibleName(tr("Times"));
  m_factor->setPrefix(tr("times "));
  m_factor->setRange(-100, 100);
  m_factor->setSingleStep(0.5);
  m_factor->setValue(0.5);
  m_take->setToolTip(tr("Of any answer: of this text, of an earlier one, or of another conversation"));
  m_text->setAccessibleName(tr("Edit"));
  m_text->setToolTip(tr("VALUE[PART]=zero, =scale:FACTOR, =mean:FILE, =add:FILE:NAME*FACTOR or =replace:FILE:NAME; "
                        "values are named as in the Graph view"));
  const std::pair<QWidget*, const char*> names[] = {{m_part, "editPart"},     {m_act, "editAct"},   {m_at, "editAt"},
                                                    {m_layer, "editLayer"},   {m_index, "editIndex"}, {m_number, "editToken"},
                                                    {m_factor, "editFactor"}, {m_take, "editTake"}, {m_text, "editText"},
                                                    {m_add, "editAdd"}};
  for (const auto& [widget, name] : names) widget->setObjectName(QLatin1String(name));
}

void EditBuilder::layOut() {
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins({});
  grid->setSpacing(Theme::kGrid);
  for (QAbstractSpinBox* number : {static_cast<QAbstractSpinBox*>(m_layer), static_cast<QAbstractSpinBox*>(m_index),
                                   static_cast<QAbstractSpinBox*>(m_number), static_cast<QAbstractSpinBox*>(m_factor)}) {
    number->setButtonSymbols(QAbstractSpinBox::NoButtons);
    number->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  }
  for (ChoiceBox* box : {m_part, m_act, m_at}) box->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  grid->addWidget(m_part, 0, 0, 1, 2);
  grid->addWidget(m_layer, 1, 0);
  grid->addWidget(m_index, 1, 1);
  grid->addWidget(m_act, 2, 0);
  grid->addWidget(m_factor, 2, 1);
  grid->addWidget(m_at, 3, 0);
  grid->addWidget(m_number, 3, 1);
  grid->addWidget(m_take, 4, 0, 1, 2);
  grid->addWidget(m_hint, 5, 0, 1, 2);
  grid->addWidget(m_text, 6, 0, 1, 2);
  grid->addWidget(m_add, 7, 0, 1, 2);
  grid->setColumnStretch(0, 1);
  grid->setColumnStretch(1, 1);
}

void EditBuilder::follow() {
  const Selection& selection = m_data.selection();
  if (const auto& model = m_data.model()) {
    m_heads = qMax(1, static_cast<int>(model->card.queryHeads));
    m_neurons = qMax(1, static_cast<int>(model->card.ffnWidth));
    m_layer->setMaximum(qMax(0, static_cast<int>(model->card.layers) - 1));
  }
  propose({selection.layer(), selection.head(), selection.neuron()});
  showProposed();
}

void EditBuilder::propose(const Place& place) {
  const Place before = std::exchange(m_proposed, place);
  if (place.layer < 0 || place == before) return;
  m_layer->setValue(place.layer);
  const bool isNeuron = place.neuron >= 0 && place.neuron != before.neuron;
  const int index = isNeuron ? place.neuron : place.head;
  if (index < 0 || (!isNeuron && place.head == before.head && place.layer == before.layer)) return;
  for (int part = 0; part < m_part->count(); ++part)
    if (kParts[part].index == (isNeuron ? IndexOf::neuron : IndexOf::head)) m_part->setCurrentIndex(part);
  m_index->setValue(index);
}

void EditBuilder::askPosition() {
  const TokenRange word = m_data.selection().tokens();
  const bool needed = at() == At::word || at() == At::fromWord;
  if (!needed || word == m_word) return;
  m_word = word;
  m_position = -1;
  if (word.isEmpty()) return m_positionQuestion.drop();
  m_positionQuestion.ask(word.message, word.first + 1,
                         [](const Model&, std::vector<TokenId>) -> Result<std::unique_ptr<Inquiry>> {
                           return std::make_unique<HowMany>();
                         });
}

QString EditBuilder::value() const {
  return QString::fromLatin1(kParts[qMax(0, m_part->currentIndex())].value).arg(m_layer->value());
}

QString EditBuilder::part() const {
  QStringList parts;
  const IndexOf index = kParts[qMax(0, m_part->currentIndex())].index;
  if (index != IndexOf::none)
    parts += QStringLiteral("%1=%2").arg(QLatin1String(index == IndexOf::head ? "head" : "neuron")).arg(m_index->value());
  if (at() == At::number) parts += QStringLiteral("token=%1").arg(m_number->value());
  if (at() == At::word) parts += QStringLiteral("token=%1").arg(m_position);
  if (at() == At::fromWord) parts += QStringLiteral("token=%1:").arg(m_position);
  return parts.isEmpty() ? QString() : QStringLiteral("[%1]").arg(parts.join(QLatin1Char(';')));
}

QString EditBuilder::change() const {
  const bool needsWord = at() == At::word || at() == At::fromWord;
  if (needsWord && m_position < 0) return {};
  if (act() == Act::off) return QStringLiteral("zero");
  if (act() == Act::times) return QStringLiteral("scale:%1").arg(m_factor->value());
  return m_source.value == value() ? QStringLiteral("replace:") + m_source.file : QString();
}

void EditBuilder::showProposed() {
  askPosition();
  const IndexOf index = kParts[qMax(0, m_part->currentIndex())].index;
  m_index->setEnabled(index != IndexOf::none);
  m_index->setPrefix(index == IndexOf::neuron ? tr("neuron ") : tr("head "));
  m_index->setMaximum((index == IndexOf::neuron ? m_neurons : m_heads) - 1);
  m_factor->setVisible(act() == Act::times);
  m_number->setVisible(at() == At::number);
  const bool other = act() == Act::value, known = m_source.value == value();
  m_take->setVisible(other);
  m_take->setEnabled(!m_data.selection().tokens().isEmpty());
  const QString edit = change();
  QString hint;
  if (other && !known) hint = tr("Click a word whose value is to be put in, in any answer, and take it.");
  else if (edit.isEmpty()) hint = tr("Click a word of an answer: there it acts.");
  else if (other) hint = tr("The value at “%1” is put in. Click the word where it is to act.").arg(tokenLabel(m_source.word));
  m_hint->setText(hint);
  m_hint->setVisible(!hint.isEmpty());
  m_text->setText(edit.isEmpty() ? QString() : value() + part() + QLatin1Char('=') + edit);
}

/// The text is read again up to the word, and the value of its last token written where the edit will find it.
void EditBuilder::takeValue() {
  const TokenRange word = m_data.selection().tokens();
  const StoredMessage* message = m_data.message(word.message);
  if (word.isEmpty() || message == nullptr || word.first >= message->tokens.size()) return;
  const QString key = QStringLiteral("%1 %2 %3 %4").arg(value()).arg(word.message).arg(word.first).arg(QDateTime::currentMSecsSinceEpoch());
  const QByteArray hash = QCryptographicHash::hash(key.toUtf8(), QCryptographicHash::Sha256).toHex().left(12);
  m_asked = {m_data.folder() + QStringLiteral("/value-%1.safetensors").arg(QString::fromLatin1(hash)), value(), message->tokens[word.first].text};
  const auto make = [folder = m_data.folder(), path = m_asked.file.toStdString(), value = value().toStdString()](
                        const Model& model, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    QDir().mkpath(folder);
    const std::string selection = concat(value, "[token=", tokens.size() - 1, "]");
    return CaptureToFile::create(model, std::move(tokens), selection, ArrayType::f32, path);
  };
  m_hint->setText(tr("Taking the value."));
  m_valueQuestion.ask(word.message, word.first + 1, make);
}

void EditBuilder::add() {
  const QString text = m_text->text().simplified();
  if (!text.isEmpty()) m_data.edits().add(text);
}

}  // namespace cutaway
