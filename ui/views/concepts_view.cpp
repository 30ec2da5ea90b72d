// Two sets of texts: in which layer they are told apart, by which neurons, and a slider that steers from one to the other.
#include <QBoxLayout>
#include <QCoreApplication>
#include <QPushButton>
#include <QResizeEvent>

#include "core/inspect/concept.h"
#include "ui/theme.h"
#include "ui/views/bar_table.h"
#include "ui/views/example_box.h"
#include "ui/views/steering_panel.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(ConceptsView)
};

// What comes next is Mary's name, or John's: with a multiple of their difference a model calls John Mary.
constexpr const char* kWith =
    "When Mary and John went to the store, John gave a drink to\n"
    "When Mary and John went to the park, John gave a book to\n"
    "When Mary and John went to the school, John gave a ball to\n"
    "When Mary and John went to the garden, John gave a key to\n"
    "When Mary and John went to the market, John gave a hat to\n"
    "When Mary and John went to the beach, John gave a cup to\n"
    "When Mary and John went to the river, John gave a map to\n"
    "When Mary and John went to the house, John gave a lamp to";
constexpr const char* kWithout =
    "When Mary and John went to the store, Mary gave a drink to\n"
    "When Mary and John went to the park, Mary gave a book to\n"
    "When Mary and John went to the school, Mary gave a ball to\n"
    "When Mary and John went to the garden, Mary gave a key to\n"
    "When Mary and John went to the market, Mary gave a hat to\n"
    "When Mary and John went to the beach, Mary gave a cup to\n"
    "When Mary and John went to the river, Mary gave a map to\n"
    "When Mary and John went to the house, Mary gave a lamp to";
constexpr int kRoomForTwo = 560;  ///< pixels, for boxes side by side
constexpr int kListedRows = 8;

enum LayerColumn { kLayer, kRight, kSpread, kLayerBar };
enum NeuronColumn { kNeuron, kMeanWith, kMeanWithout, kSeparation, kNeuronBar };

QString percent(double share) { return QLocale().toString(100 * share, 'f', 0) + QStringLiteral(" %"); }
QString number(double value) { return QLocale().toString(value, 'f', 2); }

std::vector<std::string> plain(const QStringList& texts) {
  std::vector<std::string> list;
  for (const QString& text : texts) list.push_back(text.toStdString());
  return list;
}

InquiryMaker conceptOf(const QStringList& with, const QStringList& without) {
  return [with = plain(with), without = plain(without)](const Model& model,
                                                        std::vector<TokenId>) -> Result<std::unique_ptr<Inquiry>> {
    Concept::Question question;
    const Tokenizer& tokenizer = *model.description->tokenizer;
    for (const std::string& text : with) question.with.push_back(tokenizer.encode(text, true, true));
    for (const std::string& text : without) question.without.push_back(tokenizer.encode(text, true, true));
    return Concept::create(model, question);
  };
}

class ConceptsView : public InspectorView {
 public:
  ConceptsView(ViewData& data, QWidget* parent);
  QWidget& picture() override { return *m_page; }
  QString csv() const override;

 protected:
  void shownChanged() override { m_steering->askSoon(); }
  void resizeEvent(QResizeEvent* event) override;

 private:
  void setUp();
  void layOut();
  void find();
  void take(const Answer& answer);
  void clear(const QString& why);
  void showLayers();
  void showNeurons();
  void chooseNeuron(int row);

  QWidget* m_page;
  QLabel *m_facts, *m_outcome, *m_chance;
  ExampleBox *m_with, *m_without;
  QBoxLayout* m_boxes;
  QPushButton* m_find;
  QTableWidget *m_layers, *m_neurons;
  SteeringPanel* m_steering;
  QWidget* m_body;
  ViewQuestion m_question;
  QString m_text;  ///< the first example without, when it was asked
  std::shared_ptr<const ModelDescription> m_description;  ///< of the model that m_found is about
  std::shared_ptr<const Concept> m_found;
};

ConceptsView::ConceptsView(ViewData& data, QWidget* parent)
    : InspectorView(data, parent),
      m_page(makeScrollPage(this, Text::tr("Concepts"))),
      m_facts(makeFacts(QStringLiteral("conceptsFacts"))),
      m_outcome(makeHeading(QStringLiteral("conceptsOutcome"))),
      m_chance(makeFacts(QStringLiteral("conceptsChance"))),
      m_with(new ExampleBox(data, QStringLiteral("conceptsWith"), Text::tr("With"), QString::fromUtf8(kWith))),
      m_without(new ExampleBox(data, QStringLiteral("conceptsWithout"), Text::tr("Without"), QString::fromUtf8(kWithout))),
      m_boxes(new QBoxLayout(QBoxLayout::TopToBottom)),
      m_find(new QPushButton(Text::tr("&Find what tells them apart"))),
      m_layers(new QTableWidget),
      m_neurons(new QTableWidget),
      m_steering(new SteeringPanel(data, *this)),
      m_body(new QWidget),
      m_question(data, QStringLiteral("concepts"), nullptr) {
  setUp();
  layOut();
  connect(m_find, &QPushButton::clicked, this, &ConceptsView::find);
  connect(&m_question, &ViewQuestion::answered, this, &ConceptsView::take);
  for (ExampleBox* box : {m_with, m_without}) connect(box, &ExampleBox::refused, m_outcome, &QLabel::setText);
  connect(m_layers, &QTableWidget::currentCellChanged, this, [this](int row) {
    if (m_found != nullptr && row >= 0) m_steering->setLayer(row);
  });
  connect(m_neurons, &QTableWidget::currentCellChanged, this, &ConceptsView::chooseNeuron);
  connect(&data.selection(), &Selection::changed, m_steering, &SteeringPanel::askSoon);
  connect(&data, &ViewData::modelChanged, this, [this] {
    const auto& model = this->data().model();
    if (model == nullptr || model->description != m_description) clear({});
  });
  clear({});
}

void ConceptsView::setUp() {
  m_facts->setText(
      Text::tr("Texts that have something, and texts that do not, one per line. Each is read to its last token: there the states of "
               "every layer are compared. The first ones end where Mary's name comes next, or John's."));
  m_find->setObjectName(QStringLiteral("conceptsFind"));
  m_layers->setObjectName(QStringLiteral("conceptsLayers"));
  m_layers->setAccessibleName(Text::tr("Layers: how well a probe tells the texts apart"));
  setUpBarTable(*m_layers, {Text::tr("Behind layer"), Text::tr("Right"), Text::tr("Spread"), Text::tr("Size")}, kLayerBar,
                {kLayer, kLayerBar});
  m_neurons->setObjectName(QStringLiteral("conceptsNeurons"));
  m_neurons->setAccessibleName(Text::tr("Neurons that separate best"));
  setUpBarTable(*m_neurons,
                {Text::tr("Neuron"), Text::tr("With"), Text::tr("Without"), Text::tr("Separation"), Text::tr("Size")},
                kNeuronBar, {kNeuron, kNeuronBar});
  for (QTableWidget* table : {m_layers, m_neurons})
    table->setFixedHeight((kListedRows + 1) * table->verticalHeader()->defaultSectionSize());
}

void ConceptsView::layOut() {
  m_boxes->setSpacing(Theme::kGrid);
  m_boxes->addWidget(m_with);
  m_boxes->addWidget(m_without);
  QVBoxLayout* body = makeBody(m_body);
  body->addWidget(m_chance);
  body->addWidget(m_layers);
  body->addWidget(m_steering);
  body->addWidget(makeHeading(QStringLiteral("conceptsNeuronsTitle"), Text::tr("Neurons that separate best")));
  body->addWidget(m_neurons);
  QVBoxLayout* column = makeColumn(m_page);
  column->addWidget(makeHeading(QStringLiteral("conceptsTitle"), Text::tr("Concepts")));
  column->addWidget(m_facts);
  column->addLayout(m_boxes);
  column->addWidget(m_find);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_outcome);
  column->addWidget(m_body);
  column->addStretch(1);
}

void ConceptsView::resizeEvent(QResizeEvent* event) {
  InspectorView::resizeEvent(event);
  m_boxes->setDirection(width() < kRoomForTwo ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
}

void ConceptsView::clear(const QString& why) {
  m_question.drop();
  m_found.reset();
  m_description.reset();
  m_steering->setFound(nullptr, {});
  m_outcome->setText(why);
  m_body->hide();
  m_find->setEnabled(data().model() != nullptr);
}

void ConceptsView::find() {
  const QStringList without = m_without->examples();
  clear({});
  m_text = without.value(0);
  m_question.ask(0, 0, conceptOf(m_with->examples(), without));
}

void ConceptsView::take(const Answer& answer) {
  auto found = std::dynamic_pointer_cast<const Concept>(answer.inquiry);
  if (found == nullptr || !data().model()) return clear(answer.error.isEmpty() ? Text::tr("The device gave no answer.") : answer.error);
  m_found = std::move(found);
  m_description = data().model()->description;
  const std::size_t best = m_found->bestLayer();
  m_outcome->setText(Text::tr("Told apart best behind layer %1: %2 of held-out texts").arg(best).arg(percent(m_found->layers()[best].accuracy)));
  m_chance->setText(Text::tr("Right are the texts that a linear probe names rightly without having seen them; spread is over the %1 parts "
                             "that they were held out in. Chance is %2 ± %3. Choose a layer to steer there.")
                        .arg(m_found->question().folds)
                        .arg(percent(m_found->chance()), percent(m_found->chanceSpread())));
  showLayers();
  showNeurons();
  m_body->show();
  m_steering->setFound(m_found, m_text);
  m_layers->setCurrentCell(static_cast<int>(best), kLayer);
}

void ConceptsView::showLayers() {
  const QSignalBlocker quiet(m_layers);
  m_layers->setRowCount(static_cast<int>(m_found->layers().size()));
  for (int row = 0; row < m_layers->rowCount(); ++row) {
    const Concept::Layer& layer = m_found->layers()[static_cast<std::size_t>(row)];
    m_layers->setItem(row, kLayer, tableCell(QString::number(row)));
    m_layers->setItem(row, kRight, tableCell(percent(layer.accuracy), Qt::AlignRight));
    m_layers->setItem(row, kSpread, tableCell(QStringLiteral("± %1").arg(percent(layer.spread)), Qt::AlignRight));
    // From chance on: what a guess is right about has no size.
    const double above = (layer.accuracy - m_found->chance()) / (1 - m_found->chance());
    m_layers->setItem(row, kLayerBar, barCell(percent(layer.accuracy), qMax(0.0, above)));
  }
}

void ConceptsView::showNeurons() {
  const QSignalBlocker quiet(m_neurons);
  const auto& neurons = m_found->neurons();
  m_neurons->setRowCount(static_cast<int>(neurons.size()));
  const Graph& graph = data().model()->description->graph();
  for (int row = 0; row < m_neurons->rowCount(); ++row) {
    const Concept::Neuron& neuron = neurons[static_cast<std::size_t>(row)];
    const int layer = QString::fromStdString(graph.values[neuron.value].name).section(QLatin1Char('.'), 1, 1).toInt();
    QTableWidgetItem* name = tableCell(Text::tr("Layer %1, %2").arg(layer).arg(neuron.index));
    name->setData(Qt::UserRole, QPoint(layer, static_cast<int>(neuron.index)));
    m_neurons->setItem(row, kNeuron, name);
    m_neurons->setItem(row, kMeanWith, tableCell(number(neuron.with), Qt::AlignRight));
    m_neurons->setItem(row, kMeanWithout, tableCell(number(neuron.without), Qt::AlignRight));
    m_neurons->setItem(row, kSeparation, tableCell(number(neuron.separation), Qt::AlignRight));
    m_neurons->setItem(row, kNeuronBar,
                       barCell(number(neuron.separation), std::abs(neuron.separation / neurons.front().separation)));
  }
}

void ConceptsView::chooseNeuron(int row) {
  const QTableWidgetItem* item = m_neurons->item(row, kNeuron);
  if (item == nullptr) return;
  const QPoint place = item->data(Qt::UserRole).toPoint();
  data().selection().setNeuron(place.x(), place.y());
}

QString ConceptsView::csv() const {
  if (m_found == nullptr) return {};
  CsvTable table({QStringLiteral("what"), QStringLiteral("layer"), QStringLiteral("neuron"), QStringLiteral("accuracy"),
                  QStringLiteral("spread"), QStringLiteral("separation"), QStringLiteral("with"), QStringLiteral("without")});
  table.add({QStringLiteral("chance"), {}, {}, csvNumber(m_found->chance()), csvNumber(m_found->chanceSpread()), {}, {}, {}});
  for (std::size_t i = 0; i < m_found->layers().size(); ++i)
    table.add({QStringLiteral("probe"), QString::number(i), {}, csvNumber(m_found->layers()[i].accuracy),
               csvNumber(m_found->layers()[i].spread), {}, {}, {}});
  for (int row = 0; row < m_neurons->rowCount(); ++row) {
    const Concept::Neuron& neuron = m_found->neurons()[static_cast<std::size_t>(row)];
    const QPoint place = m_neurons->item(row, kNeuron)->data(Qt::UserRole).toPoint();
    table.add({QStringLiteral("neuron"), QString::number(place.x()), QString::number(place.y()), {}, {}, csvNumber(neuron.separation),
               csvNumber(neuron.with), csvNumber(neuron.without)});
  }
  return table.text();
}

}  // namespace

InspectorView* createConceptsView(ViewData& data, QWidget* parent) { return new ConceptsView(data, parent); }

}  // namespace cutaway
