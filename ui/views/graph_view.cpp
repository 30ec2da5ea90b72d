// The model as drawn from its graph, and what a chosen value is: its shape, what makes it, and its numbers at the selected
// word.
#include <QCoreApplication>
#include <QLocale>
#include <QScrollArea>
#include <cmath>

#include "core/inspect/recall.h"
#include "core/inspect/tensor_stats.h"
#include "core/run/model.h"
#include "ui/chat/token_tip.h"
#include "ui/theme.h"
#include "ui/views/graph_picture.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"
#include "ui/views/weight_picture.h"
#include "ui/views/word_view.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(GraphView)
};

QString number(double value) { return QLocale().toString(value, 'g', 4); }

/// A capture of one token, described as a weight of a row per head is.
TensorStats statsOf(const Capture& capture, std::uint64_t rows) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(capture.data));
  TensorReading reading(WeightRows({"capture", bytes, {}}, {"", {rows, capture.data.size() / rows}, FormatId::f32, 0, bytes.size()}));
  while (reading.step()) {
  }
  return reading.stats();
}

class GraphView : public WordView {
 public:
  GraphView(ViewData& data, QWidget* parent);
  QWidget& picture() override { return *m_picture; }
  QString csv() const override;

 protected:
  bool askAbout(const TokenRange& word, const StoredMessage& message) override;
  void showNothing(const QString& why) override;

 private:
  void layOut();
  void showModel();
  void showLayer();
  void chooseValue(int value);
  void openLayer(int layer);
  void showValue();
  void showNumbers(const QString& why);
  void take(const Answer& answer);
  const ModelDescription* model() { return data().model() ? data().model()->description.get() : nullptr; }

  QLabel *m_title, *m_facts, *m_value, *m_made, *m_numbers;
  GraphPicture* m_picture;
  QScrollArea* m_area;
  WeightPicture* m_strip;
  QWidget *m_body, *m_below;
  ViewQuestion m_question;
  std::shared_ptr<const ModelDescription> m_drawn;
  QString m_name;     ///< of the chosen value, in whatever layer is open; empty: none
  QString m_asked;    ///< the value asked about
};

GraphView::GraphView(ViewData& data, QWidget* parent)
    : WordView(data, parent, Follows::selected),
      m_title(makeHeading(QStringLiteral("graphTitle"))),
      m_facts(makeFacts(QStringLiteral("graphFacts"))),
      m_value(makeHeading(QStringLiteral("graphValue"))),
      m_made(makeFacts(QStringLiteral("graphMade"))),
      m_numbers(makeFacts(QStringLiteral("graphNumbers"))),
      m_picture(new GraphPicture),
      m_area(new QScrollArea),
      m_strip(new WeightPicture),
      m_body(new QWidget),
      m_below(new QWidget),
      m_question(data, QStringLiteral("graph"), nullptr) {
  layOut();
  connect(&data, &ViewData::modelChanged, this, &GraphView::showModel);
  connect(&data.selection(), &Selection::changed, this, &GraphView::showLayer);
  connect(m_picture, &GraphPicture::valueChosen, this, &GraphView::chooseValue);
  connect(m_picture, &GraphPicture::layerChosen, this, &GraphView::openLayer);
  connect(&m_question, &ViewQuestion::answered, this, &GraphView::take);
  showModel();
  start();
}

void GraphView::layOut() {
  m_picture->setObjectName(QStringLiteral("graphPicture"));
  m_picture->setAccessibleName(Text::tr("The model's ops and values"));
  m_strip->setObjectName(QStringLiteral("graphStrip"));
  m_strip->setAccessibleName(Text::tr("Numbers of the value"));
  m_area->setFrameShape(QFrame::NoFrame);
  m_area->setFocusPolicy(Qt::NoFocus);
  m_area->setWidget(m_picture);
  m_area->viewport()->setAutoFillBackground(false);
  m_picture->setAutoFillBackground(false);
  auto* below = makeBody(m_below);
  below->setContentsMargins(0, Theme::kGrid, 0, 0);
  below->addWidget(m_value);
  below->addWidget(m_made);
  below->addWidget(new ProgressLine(m_question));
  below->addWidget(m_numbers);
  below->addWidget(m_strip);
  below->addStretch(1);
  makeBody(m_body)->addWidget(makeSplit(m_area, makeQuietArea(m_below), 3, 1), 1);
  auto* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(m_body, 1);
  column->addStretch(0);
}

void GraphView::showModel() {
  const ModelDescription* model = this->model();
  m_drawn = model == nullptr ? nullptr : data().model()->description;
  m_body->setVisible(model != nullptr);
  m_name.clear();
  m_title->setText(model == nullptr ? Text::tr("No model is loaded") : data().model()->card.name);
  m_facts->setText(model == nullptr ? Text::tr("A model must be loaded to draw its graph.")
                                    : Text::tr("%1 layers, one of them open. T tokens of a step, N with those before, R whose logits are wanted. Click a value.")
                                          .arg(model->graph().layers));
  showLayer();
  showValue();
  showNumbers({});
}

void GraphView::showLayer() {
  const int layers = m_drawn ? static_cast<int>(m_drawn->graph().layers) : 0;
  const int layer = qBound(0, data().selection().layer(), qMax(0, layers - 1));
  m_picture->setModel(m_drawn, layer);
  if (m_name.startsWith(QLatin1String("blk."))) {  // the same value of the open layer
    const QString name = QStringLiteral("blk.%1.%2").arg(layer).arg(m_name.section(QLatin1Char('.'), 2));
    if (name != m_name) {
      m_name = name;
      showValue();
      askAnew();
    }
  }
  m_picture->setCurrent(m_drawn ? m_drawn->graph().find(m_name.toStdString()) : kNone);
}

void GraphView::openLayer(int layer) {
  Selection& selection = data().selection();
  selection.setHead(layer, layer == selection.layer() ? selection.head() : -1);
}

void GraphView::chooseValue(int value) {
  if (!m_drawn || value < 0) return;
  m_name = QString::fromStdString(m_drawn->graph().values[static_cast<std::size_t>(value)].name);
  m_picture->setCurrent(value);
  m_area->ensureVisible(m_picture->rectOf(value).center().x(), m_picture->rectOf(value).center().y(), 80, 60);
  showValue();
  showNumbers({});
  askAnew();
}

/// What the value is and what makes it.
void GraphView::showValue() {
  const ValueId id = m_drawn ? m_drawn->graph().find(m_name.toStdString()) : kNone;
  m_value->setText(id == kNone ? Text::tr("No value chosen") : m_name);
  if (id == kNone) return m_made->setText({});
  const Graph& graph = m_drawn->graph();
  const Node& node = graph.nodes[static_cast<std::size_t>(graph.values[static_cast<std::size_t>(id)].node)];
  QStringList reads;
  for (const ValueId input : node.inputs) reads += QString::fromStdString(graph.values[static_cast<std::size_t>(input)].name);
  for (const WeightId weight : node.weights) {
    if (weight == kNone) continue;
    const std::string& name = graph.weights[static_cast<std::size_t>(weight)].name;
    const TensorInfo* tensor = m_drawn->file.find(name);
    reads += QString::fromStdString(name) + (tensor == nullptr ? QString() : QStringLiteral(" (%1)").arg(QLatin1String(numberFormat(tensor->format).name)));
  }
  m_made->setText(m_picture->describe(id).section(QLatin1String(", "), 1) + QLatin1String("\n") +
                  Text::tr("%1: %2").arg(QString::fromUtf8(opInfo(node.op).name), QString::fromUtf8(opInfo(node.op).meaning)) +
                  (reads.isEmpty() ? QString() : QLatin1String("\n") + Text::tr("reads %1").arg(reads.join(QLatin1String(", ")))));
}

/// No word of an answer: what the value is stays.
void GraphView::showNothing(const QString& why) { showNumbers(m_drawn ? QString() : why); }

void GraphView::showNumbers(const QString& why) {
  m_question.drop();
  m_asked.clear();
  m_strip->hide();
  m_numbers->setText(!why.isEmpty()     ? why
                     : m_name.isEmpty() ? QString()
                                        : Text::tr("Click a word of an answer to see the value's numbers there."));
}

bool GraphView::askAbout(const TokenRange& word, const StoredMessage&) {
  if (m_name.isEmpty() || !m_question.ask(word.message, word.first + 1, recallOf({m_name}))) return false;
  m_asked = m_name;
  return true;
}

void GraphView::take(const Answer& answer) {
  if (!answer.error.isEmpty()) return showNumbers(answer.error);
  const auto* recall = dynamic_cast<const Recall*>(answer.inquiry.get());
  const ValueId id = m_drawn ? m_drawn->graph().find(m_asked.toStdString()) : kNone;
  if (recall == nullptr || recall->captures().size() != 1 || recall->captures().front().data.empty() || id == kNone)
    return showNumbers(Text::tr("The device gave no numbers of this value."));
  const Capture& capture = recall->captures().front();
  const std::uint64_t heads = qMax(1u, layoutOf(m_drawn->graph(), id).heads);
  if (capture.data.size() % heads != 0) return showNumbers(Text::tr("The device gave no numbers of this value."));
  const TensorStats stats = statsOf(capture, heads);
  m_numbers->setText(Text::tr("At “%1”, as it was read: %2 numbers, length %3, %4 to %5, mean %6.")
                         .arg(answer.pieces.isEmpty() ? QString() : tokenLabel(answer.pieces.last()))
                         .arg(stats.count)
                         .arg(number(std::sqrt(stats.squares)), number(stats.minimum), number(stats.maximum), number(stats.mean)));
  m_strip->setImage(stats.image, heads, capture.data.size() / heads, false);
  m_strip->show();
}

/// A line per value of the whole graph.
QString GraphView::csv() const {
  if (!m_drawn) return {};
  const Graph& graph = m_drawn->graph();
  CsvTable csv({QStringLiteral("value"), QStringLiteral("shape"), QStringLiteral("op"), QStringLiteral("reads"), QStringLiteral("weights"),
                QStringLiteral("formats")});
  for (const Value& value : graph.values) {
    const Node& node = graph.nodes[static_cast<std::size_t>(value.node)];
    QStringList inputs, weights, formats;
    for (const ValueId input : node.inputs) inputs += QString::fromStdString(graph.values[static_cast<std::size_t>(input)].name);
    for (const WeightId weight : node.weights) {
      if (weight == kNone) continue;
      weights += QString::fromStdString(graph.weights[static_cast<std::size_t>(weight)].name);
      const TensorInfo* tensor = m_drawn->file.find(weights.last().toStdString());
      formats += tensor == nullptr ? QString() : QString::fromUtf8(numberFormat(tensor->format).name);
    }
    csv.add({QString::fromStdString(value.name), QString::fromStdString(toString(value.shape)), QString::fromUtf8(opInfo(node.op).name),
             inputs.join(QLatin1Char(' ')), weights.join(QLatin1Char(' ')), formats.join(QLatin1Char(' '))});
  }
  return csv.text();
}

}  // namespace

InspectorView* createGraphView(ViewData& data, QWidget* parent) { return new GraphView(data, parent); }

}  // namespace cutaway
