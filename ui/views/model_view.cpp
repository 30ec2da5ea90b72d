// The model card: family and sizes, formats per class of tensors, memory by class, chat template.
#include <QComboBox>
#include <QCoreApplication>
#include <QFormLayout>
#include <QHeaderView>
#include <QPlainTextEdit>
#include <QTableWidget>

#include "core/text/chat_template.h"
#include "ui/base/text.h"
#include "ui/choice_box.h"
#include "ui/theme.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(ModelView)
};

constexpr int kTemplateLines = 8;

QString parametersText(quint64 count) {
  const double millions = static_cast<double>(count) / 1e6;
  if (millions >= 1000) return Text::tr("%1 billion").arg(QLocale().toString(millions / 1000, 'f', 2));
  return Text::tr("%1 million").arg(QLocale().toString(millions, 'f', millions < 100 ? 1 : 0));
}

class ModelView : public InspectorView {
 public:
  ModelView(ViewData& data, QWidget* parent);
  QString csv() const override { return data().model() ? csvOf(*m_formats) : QString(); }

 private:
  void update();
  void fillFacts(const LoadedModel& model);
  void fillFormats(const ModelCard& card);
  void fillMemory(const MemoryUse& use);
  void fillTemplate(const LoadedModel& model);
  QTableWidget* addTable(const QStringList& headers, const QString& name);
  static void addFact(QFormLayout& form, const QString& name, const QString& value);

  QLabel* m_title;
  QWidget* m_body;
  QVBoxLayout* m_column;
  QFormLayout* m_facts;
  QTableWidget* m_formats;
  QTableWidget* m_memory;
  QComboBox* m_templateChoice;
  QLabel* m_templateProblem;
  QPlainTextEdit* m_templateText;
};

void fitHeight(QTableWidget& table) {
  int height = table.horizontalHeader()->sizeHint().height() + 2;
  for (int row = 0; row < table.rowCount(); ++row) height += table.rowHeight(row);
  table.setFixedHeight(height);
}

void setCells(QTableWidget& table, int row, const QStringList& texts) {
  for (int column = 0; column < texts.size(); ++column) {
    auto* item = new QTableWidgetItem(texts[column]);
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
    const bool number = column > 0 && !texts[column].isEmpty() && texts[column][0].isDigit();
    item->setTextAlignment((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    table.setItem(row, column, item);
  }
}

ModelView::ModelView(ViewData& data, QWidget* parent)
    : InspectorView(data, parent),
      m_title(makeHeading(QStringLiteral("modelTitle"))),
      m_body(new QWidget),
      m_column(makeBody(m_body)) {
  QVBoxLayout* page = makeColumn(makeScrollPage(this, Text::tr("Model card")));
  page->addWidget(m_title);
  page->addWidget(m_body);
  page->addStretch(1);
  m_facts = new QFormLayout;
  m_facts->setVerticalSpacing(Theme::kGrid / 2);
  m_column->addLayout(m_facts);
  m_column->addWidget(makeHeading(QStringLiteral("modelFormatsHeading"), Text::tr("Number formats in the file")));
  m_formats = addTable({Text::tr("Tensors"), Text::tr("Format"), Text::tr("Number"), Text::tr("Bytes")},
                       Text::tr("Number formats by class of tensors"));
  m_column->addWidget(makeHeading(QStringLiteral("modelMemoryHeading"), Text::tr("Memory on the device")));
  m_memory = addTable({Text::tr("For"), Text::tr("Bytes")}, Text::tr("Memory on the device by class"));
  m_column->addWidget(makeHeading(QStringLiteral("modelTemplateHeading"), Text::tr("Chat template")));
  m_templateChoice = new ChoiceBox(m_body);
  m_templateChoice->setObjectName(QStringLiteral("templateChoice"));
  m_templateChoice->setAccessibleName(Text::tr("Chat template"));
  m_templateChoice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_templateChoice->addItem(Text::tr("The model's own"), QString());
  for (const BuiltInTemplate& choice : builtInTemplates()) {
    m_templateChoice->addItem(QString::fromUtf8(choice.title), QString::fromLatin1(choice.name));
  }
  m_templateProblem = new QLabel(m_body);
  m_templateProblem->setWordWrap(true);
  m_templateText = new QPlainTextEdit(m_body);
  m_templateText->setReadOnly(true);
  m_templateText->setAccessibleName(Text::tr("Text of the model's chat template"));
  m_templateText->setLineWrapMode(QPlainTextEdit::WidgetWidth);
  m_templateText->setFixedHeight(m_templateText->fontMetrics().lineSpacing() * kTemplateLines + 2 * Theme::kGrid);
  m_column->addWidget(m_templateChoice);
  m_column->addWidget(m_templateProblem);
  m_column->addWidget(m_templateText);
  connect(m_templateChoice, &QComboBox::activated, this, [this] {
    Q_EMIT this->data().templateChosen(m_templateChoice->currentData().toString());
  });
  connect(&data, &ViewData::modelChanged, this, &ModelView::update);
  update();
}

QTableWidget* ModelView::addTable(const QStringList& headers, const QString& name) {
  auto* table = new QTableWidget(0, static_cast<int>(headers.size()), m_body);
  table->setHorizontalHeaderLabels(headers);
  for (int i = 0; i < headers.size(); ++i) {
    table->horizontalHeaderItem(i)->setTextAlignment((i + 2 > headers.size() || i == 2 ? Qt::AlignRight : Qt::AlignLeft) |
                                                     Qt::AlignVCenter);
  }
  table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  table->horizontalHeader()->setMinimumSectionSize(1);
  table->horizontalHeader()->setHighlightSections(false);
  table->verticalHeader()->hide();
  table->setShowGrid(false);
  table->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  table->setAccessibleName(name);
  table->setTabKeyNavigation(false);
  m_column->addWidget(table);
  return table;
}

void ModelView::addFact(QFormLayout& form, const QString& name, const QString& value) {
  auto* label = new QLabel(name);
  label->setForegroundRole(QPalette::PlaceholderText);
  auto* text = new QLabel(value);
  text->setTextFormat(Qt::PlainText);
  text->setWordWrap(true);
  text->setTextInteractionFlags(Qt::TextSelectableByMouse);
  form.addRow(label, text);
}

void ModelView::update() {
  const auto& model = data().model();
  m_body->setVisible(model != nullptr);
  m_title->setText(model ? model->card.name : Text::tr("No model is loaded"));
  if (!model) return;
  fillFacts(*model);
  fillFormats(model->card);
  fillMemory(model->memory);
  fillTemplate(*model);
}

void ModelView::fillFacts(const LoadedModel& model) {
  while (m_facts->rowCount() > 0) m_facts->removeRow(0);
  const ModelCard& card = model.card;
  addFact(*m_facts, Text::tr("Family"), card.family);
  addFact(*m_facts, Text::tr("Parameters"), parametersText(card.parameters));
  addFact(*m_facts, Text::tr("File"),
          Text::tr("%1, %2").arg(card.container, bytesText(card.bytes)) +
              (card.isDemo() ? QString() : QStringLiteral("\n") + card.path));
  addFact(*m_facts, Text::tr("Layers"), countText(card.layers));
  addFact(*m_facts, Text::tr("Width"), countText(card.width));
  addFact(*m_facts, Text::tr("Attention"),
          Text::tr("%1 heads of %2, %3 for keys and values").arg(card.queryHeads).arg(card.headWidth).arg(card.keyValueHeads));
  addFact(*m_facts, Text::tr("Feed-forward"), countText(card.ffnWidth));
  addFact(*m_facts, Text::tr("Vocabulary"), Text::tr("%1 tokens (%2)").arg(countText(card.vocabulary), card.tokenizer));
  addFact(*m_facts, Text::tr("Context"),
          Text::tr("%1 of %2 tokens").arg(countText(model.context), countText(card.contextLength)));
  addFact(*m_facts, Text::tr("Device"), model.device);
  if (model.loadSeconds >= 0.001) addFact(*m_facts, Text::tr("Loaded in"), secondsText(model.loadSeconds));
}

void ModelView::fillFormats(const ModelCard& card) {
  m_formats->setRowCount(static_cast<int>(card.formats.size()));
  for (int row = 0; row < card.formats.size(); ++row) {
    const FormatShare& share = card.formats[row];
    setCells(*m_formats, row, {share.tensors, share.format, countText(share.count), bytesText(share.bytes)});
    m_formats->item(row, 1)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  }
  fitHeight(*m_formats);
}

void ModelView::fillMemory(const MemoryUse& use) {
  const std::pair<QString, quint64> rows[] = {
      {Text::tr("weights"), use.weights},   {Text::tr("key-value cache"), use.cache},
      {Text::tr("work space"), use.scratch}, {Text::tr("captures"), use.capture},
      {Text::tr("archive"), use.archive},   {Text::tr("still free"), use.available},
  };
  m_memory->setRowCount(0);
  for (const auto& [name, bytes] : rows) {
    if (bytes == 0) continue;
    m_memory->insertRow(m_memory->rowCount());
    setCells(*m_memory, m_memory->rowCount() - 1, {name, bytesText(bytes)});
  }
  fitHeight(*m_memory);
}

void ModelView::fillTemplate(const LoadedModel& model) {
  m_templateChoice->setCurrentIndex(qMax(0, m_templateChoice->findData(model.templateName)));
  m_templateProblem->setText(model.templateProblem);
  m_templateProblem->setVisible(!model.templateProblem.isEmpty());
  m_templateText->setPlainText(model.card.templateText);
  m_templateText->setVisible(!model.card.templateText.isEmpty());
}

}  // namespace

InspectorView* createModelView(ViewData& data, QWidget* parent) { return new ModelView(data, parent); }

}  // namespace cutaway
