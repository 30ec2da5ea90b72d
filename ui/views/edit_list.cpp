#include "ui/views/edit_list.h"

#include <QGridLayout>
#include <QKeyEvent>
#include <utility>

#include "ui/theme.h"

namespace cutaway {
namespace {

enum class IndexOf : quint8 { none, head, neuron };

/// What can be chosen without typing; %1 is the layer, %2 the head or neuron.
struct PartRow {
  const char* title;
  const char* value;
  IndexOf index;
};
constexpr PartRow kParts[] = {
    {QT_TRANSLATE_NOOP("cutaway::EditList", "Head"), "blk.%1.attn.z[head=%2]", IndexOf::head},
    {QT_TRANSLATE_NOOP("cutaway::EditList", "Attention block"), "blk.%1.attn.out", IndexOf::none},
    {QT_TRANSLATE_NOOP("cutaway::EditList", "Feed-forward block"), "blk.%1.ffn.out", IndexOf::none},
    {QT_TRANSLATE_NOOP("cutaway::EditList", "Whole layer"), "blk.%1.*.out", IndexOf::none},
    {QT_TRANSLATE_NOOP("cutaway::EditList", "Neuron"), "blk.%1.ffn.act[neuron=%2]", IndexOf::neuron},
};

}  // namespace

EditList::EditList(QWidget* parent)
    : QWidget(parent),
      m_part(new ChoiceBox),
      m_layer(new QSpinBox),
      m_index(new QSpinBox),
      m_factor(new QDoubleSpinBox),
      m_text(new QLineEdit),
      m_list(new QListWidget),
      m_add(new QPushButton(tr("&Add"))),
      m_remove(new QPushButton(tr("Remove"))),
      m_undo(new QPushButton(tr("&Undo"))) {
  for (const PartRow& row : kParts) m_part->addItem(tr(row.title));
  m_factor->setRange(-100, 100);
  m_factor->setSingleStep(0.5);
  m_factor->setSpecialValueText({});
  m_part->setAccessibleName(tr("Part of the model"));
  m_layer->setAccessibleName(tr("Layer"));
  m_layer->setPrefix(tr("layer "));
  m_index->setAccessibleName(tr("Head or neuron"));
  m_factor->setAccessibleName(tr("Times; 0 switches it off"));
  m_factor->setPrefix(tr("times "));
  m_text->setObjectName(QStringLiteral("editText"));
  m_text->setAccessibleName(tr("Edit"));
  m_text->setToolTip(tr("VALUE[PART]=zero, =scale:FACTOR, =mean:FILE, =add:FILE:NAME*FACTOR or =replace:FILE:NAME; "
                        "values are named as in the Graph view"));
  m_list->setObjectName(QStringLiteral("editList"));
  m_list->setAccessibleName(tr("Edits"));
  m_list->setSizeAdjustPolicy(QAbstractScrollArea::AdjustToContents);
  m_list->setMaximumHeight(m_list->fontMetrics().height() * 8);
  m_list->installEventFilter(this);
  m_add->setObjectName(QStringLiteral("editAdd"));
  m_remove->setObjectName(QStringLiteral("editRemove"));
  m_undo->setObjectName(QStringLiteral("editUndo"));
  layOut();
  connect(m_part, &QComboBox::currentIndexChanged, this, &EditList::showProposed);
  connect(m_layer, &QSpinBox::valueChanged, this, &EditList::showProposed);
  connect(m_index, &QSpinBox::valueChanged, this, &EditList::showProposed);
  connect(m_factor, &QDoubleSpinBox::valueChanged, this, &EditList::showProposed);
  connect(m_text, &QLineEdit::returnPressed, this, &EditList::add);
  connect(m_add, &QPushButton::clicked, this, &EditList::add);
  connect(m_remove, &QPushButton::clicked, this, &EditList::removeCurrent);
  connect(m_undo, &QPushButton::clicked, this, &EditList::undo);
  connect(m_list, &QListWidget::itemChanged, this, &EditList::note);
  m_layer->setRange(0, 0);
  showProposed();
  show({});
}

void EditList::layOut() {
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins({});
  grid->setSpacing(Theme::kGrid);
  for (QAbstractSpinBox* number : {static_cast<QAbstractSpinBox*>(m_layer), static_cast<QAbstractSpinBox*>(m_index),
                                   static_cast<QAbstractSpinBox*>(m_factor)})
    number->setButtonSymbols(QAbstractSpinBox::NoButtons);
  for (QWidget* small : {static_cast<QWidget*>(m_part), static_cast<QWidget*>(m_layer), static_cast<QWidget*>(m_index),
                         static_cast<QWidget*>(m_factor)})
    small->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  grid->addWidget(m_part, 0, 0);
  grid->addWidget(m_layer, 0, 1);
  grid->addWidget(m_index, 1, 0);
  grid->addWidget(m_factor, 1, 1);
  grid->addWidget(m_text, 2, 0, 1, 2);
  auto* buttons = new QHBoxLayout;
  for (QPushButton* button : {m_add, m_remove, m_undo}) buttons->addWidget(button, 1);
  grid->addLayout(buttons, 3, 0, 1, 2);
  grid->addWidget(m_list, 4, 0, 1, 2);
}

void EditList::setSizes(int layers, int heads, int neurons) {
  if (m_layer->maximum() == qMax(0, layers - 1) && m_heads == heads && m_neurons == neurons) return;
  m_heads = qMax(1, heads);
  m_neurons = qMax(1, neurons);
  m_layer->setRange(0, qMax(0, layers - 1));
  showProposed();
}

void EditList::propose(int layer, int head, int neuron) {
  const Place place{layer, head, neuron}, before = std::exchange(m_proposed, place);
  if (layer < 0 || place == before) return;
  m_layer->setValue(layer);
  const bool isNeuron = neuron >= 0 && neuron != before.neuron;
  const int index = isNeuron ? neuron : head;
  if (index < 0 || (!isNeuron && head == before.head && layer == before.layer)) return;
  for (int part = 0; part < m_part->count(); ++part)
    if (kParts[part].index == (isNeuron ? IndexOf::neuron : IndexOf::head)) m_part->setCurrentIndex(part);
  m_index->setValue(index);
}

QString EditList::proposed() const {
  const PartRow& part = kParts[qMax(0, m_part->currentIndex())];
  QString text = QString::fromLatin1(part.value).arg(m_layer->value());
  if (part.index != IndexOf::none) text = text.arg(m_index->value());
  const double factor = m_factor->value();
  return text + (factor == 0 ? QStringLiteral("=zero") : QStringLiteral("=scale:%1").arg(factor));
}

void EditList::showProposed() {
  const IndexOf index = kParts[qMax(0, m_part->currentIndex())].index;
  m_index->setEnabled(index != IndexOf::none);
  m_index->setPrefix(index == IndexOf::neuron ? tr("neuron ") : tr("head "));
  m_index->setMaximum((index == IndexOf::neuron ? m_neurons : m_heads) - 1);
  m_text->setText(proposed());
}

EditList::Items EditList::items() const {
  Items items;
  for (int row = 0; row < m_list->count(); ++row)
    items.push_back({m_list->item(row)->text(), m_list->item(row)->checkState() == Qt::Checked});
  return items;
}

void EditList::show(const Items& items) {
  const QSignalBlocker quiet(m_list);
  m_list->clear();
  for (const Item& item : items) {
    auto* row = new QListWidgetItem(item.text, m_list);
    row->setFlags(row->flags() | Qt::ItemIsUserCheckable);
    row->setCheckState(item.on ? Qt::Checked : Qt::Unchecked);
    row->setToolTip(item.text);
  }
  m_shown = items;
  m_list->setVisible(!items.empty());
  m_remove->setEnabled(!items.empty());
  m_undo->setEnabled(!m_past.empty());
}

/// Of a change that the list already shows.
void EditList::note() {
  const Items now = items();
  if (now == m_shown) return;
  m_past.push_back(m_shown);
  show(now);
  Q_EMIT changed();
}

void EditList::add() {
  const QString text = m_text->text().simplified();
  if (text.isEmpty()) return;
  Items now = items();
  now.push_back({text, true});
  m_past.push_back(m_shown);
  show(now);
  m_list->setCurrentRow(m_list->count() - 1);
  Q_EMIT changed();
}

void EditList::removeCurrent() {
  const int row = m_list->currentRow() < 0 ? m_list->count() - 1 : m_list->currentRow();
  if (row < 0) return;
  Items now = items();
  now.erase(now.begin() + row);
  m_past.push_back(m_shown);
  show(now);
  Q_EMIT changed();
}

void EditList::undo() {
  if (m_past.empty()) return;
  const Items before = m_past.back();
  m_past.pop_back();
  show(before);
  Q_EMIT changed();
}

QStringList EditList::acting() const {
  QStringList texts;
  for (const Item& item : items())
    if (item.on) texts += item.text;
  return texts;
}

bool EditList::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Delete) {
    removeCurrent();
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace cutaway
