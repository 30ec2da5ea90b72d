#include "ui/table/table_choices.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include "core/convert/simulated_file.h"
#include "ui/choice_box.h"
#include "ui/window/model_controller.h"

namespace cutaway {
namespace {

enum Role { kPathRole = Qt::UserRole, kSimulationRole };

struct PrecisionRow {
  const char* simulation;
  bool ticked;  ///< at first
};
/// From much to little. Those ticked show the range in a minute or two.
constexpr PrecisionRow kPrecisions[] = {
    {"q8_0", true},      {"q6_k", true},      {"q5_k", true},        {"q4_k", true},       {"q4_0", true},
    {"q3_k", true},      {"q2_k", true},      {"int8:channel", false}, {"int4:g64", true}, {"int4:g64:asym", false},
    {"int3:g64", false}, {"int2:g32", false}, {"nf4:b64", false},    {"nf4:b64:dq", true}, {"fp4:b64", false},
};
constexpr int kPlaces = 1024, kLeastPlaces = 32, kMostPlaces = 1'000'000;

QLabel* labelFor(const QString& text, QWidget* buddy) {
  auto* label = new QLabel(text);
  label->setBuddy(buddy);
  return label;
}

}  // namespace

TableChoices::TableChoices(const QStringList& models, QWidget* parent)
    : QWidget(parent),
      m_reference(new ChoiceBox(this)),
      m_list(new QListWidget(this)),
      m_text(new QLineEdit(this)),
      m_places(new QSpinBox(this)) {
  m_reference->setObjectName(QStringLiteral("tableReference"));
  for (const QString& model : models) m_reference->addItem(modelTitle(model), model);
  m_list->setObjectName(QStringLiteral("tableModels"));
  fillList(models);
  m_text->setObjectName(QStringLiteral("tableText"));
  m_text->setPlaceholderText(tr("the demo model's held-out text"));
  m_places->setObjectName(QStringLiteral("tablePlaces"));
  m_places->setRange(kLeastPlaces, kMostPlaces);
  m_places->setValue(kPlaces);
  m_places->setButtonSymbols(QAbstractSpinBox::NoButtons);
  m_places->setToolTip(tr("How many tokens' predictions are scored, rounded up to a window of 512"));
  auto* addFile = new QPushButton(tr("Add a &file…"), this);
  auto* chooseFile = new QPushButton(tr("C&hoose…"), this);
  chooseFile->setAccessibleName(tr("Choose the text"));
  for (QPushButton* button : {addFile, chooseFile}) button->setAutoDefault(false);  // Enter is not theirs
  auto* text = new QHBoxLayout;
  text->addWidget(m_text, 1);
  text->addWidget(chooseFile);
  auto* places = new QHBoxLayout;
  places->addWidget(labelFor(tr("&Places scored"), m_places));
  places->addWidget(m_places, 1);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(Theme::kGrid);
  column->addWidget(labelFor(tr("&Reference"), m_reference));
  column->addWidget(m_reference);
  column->addWidget(labelFor(tr("&Beside it"), m_list));
  column->addWidget(m_list, 1);
  column->addWidget(addFile);
  column->addWidget(labelFor(tr("&Text"), m_text));
  column->addLayout(text);
  column->addLayout(places);
  connect(m_reference, &QComboBox::currentIndexChanged, this, &TableChoices::changed);
  connect(m_list, &QListWidget::itemChanged, this, &TableChoices::changed);
  connect(addFile, &QPushButton::clicked, this, &TableChoices::chooseModel);
  connect(chooseFile, &QPushButton::clicked, this, &TableChoices::chooseText);
}

void TableChoices::fillList(const QStringList& models) {
  for (const PrecisionRow& row : kPrecisions) {
    const QString simulation = QLatin1String(row.simulation);
    const auto parsed = parseSimulation(row.simulation);
    auto* item = addItem(simulation, {}, simulation, row.ticked);
    if (parsed) item->setToolTip(tr("The reference in %1, simulated").arg(QString::fromStdString(describe(*parsed))));
  }
  for (const QString& model : models) addItem(modelTitle(model), model, {}, false);
}

QListWidgetItem* TableChoices::addItem(const QString& title, const QString& path, const QString& simulation, bool ticked) {
  auto* item = new QListWidgetItem(title, m_list);
  item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
  item->setData(kPathRole, path);
  item->setData(kSimulationRole, simulation);
  item->setToolTip(path);
  item->setCheckState(ticked ? Qt::Checked : Qt::Unchecked);
  return item;
}

TableOrder TableChoices::order() const {
  const QString reference = m_reference->currentData().toString();
  TableOrder order{.sources = {{modelTitle(reference), reference, {}}}, .text = m_text->text(), .places = m_places->value()};
  for (int row = 0; row < m_list->count(); ++row) {
    const QListWidgetItem& item = *m_list->item(row);
    const QString path = item.data(kPathRole).toString();
    if (item.checkState() != Qt::Checked || path == reference) continue;
    order.sources.append({item.text(), path.isEmpty() ? reference : path, item.data(kSimulationRole).toString()});
  }
  return order;
}

void TableChoices::chooseModel() {
  auto* dialog = new QFileDialog(this, tr("Add models"), {}, tr("Models (*.gguf config.json);;All files (*)"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFiles);
  connect(dialog, &QFileDialog::filesSelected, this, [this](const QStringList& paths) {
    for (const QString& path : paths) m_list->scrollToItem(addItem(modelTitle(path), path, {}, true));
    Q_EMIT changed();
  });
  dialog->open();
}

void TableChoices::chooseText() {
  auto* dialog = new QFileDialog(this, tr("Text to measure on"), {}, tr("Texts (*.txt *.md *.raw);;All files (*)"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, m_text, &QLineEdit::setText);
  dialog->open();
}

}  // namespace cutaway
