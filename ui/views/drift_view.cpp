// The quantization lens: where two precisions of a model come apart inside, by token and layer and by head.
#include <QComboBox>
#include <QCoreApplication>
#include <QLocale>
#include <algorithm>
#include <cmath>

#include "core/inspect/precision_lens.h"
#include "ui/choice_box.h"
#include "ui/views/heatmap.h"
#include "ui/views/shown_text.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_table.h"
#include "ui/views/word_view.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(DriftView)
};

enum class Measure : quint8 { error, cosine, attention, lens };

struct MeasureRow {
  Measure measure;
  const char* title;
  const char* means;
};
constexpr MeasureRow kMeasures[] = {
    {Measure::error, QT_TRANSLATE_NOOP("DriftView", "Error of the residual stream"),
     QT_TRANSLATE_NOOP("DriftView", "|first - second| / |first|")},
    {Measure::cosine, QT_TRANSLATE_NOOP("DriftView", "Cosine of the residual streams"),
     QT_TRANSLATE_NOOP("DriftView", "cosine")},
    {Measure::attention, QT_TRANSLATE_NOOP("DriftView", "Attention that moved"),
     QT_TRANSLATE_NOOP("DriftView", "share, mean of the heads")},
    {Measure::lens, QT_TRANSLATE_NOOP("DriftView", "Divergence through the logit lens"),
     QT_TRANSLATE_NOOP("DriftView", "nats")},
};

QString numberText(float value) { return QLocale().toString(double{value}, 'g', 3); }

class DriftView : public WordView {
 public:
  DriftView(ViewData& data, QWidget* parent);
  QString csv() const override { return m_map->data().isEmpty() ? QString() : m_map->csv(); }

 protected:
  bool askAbout(const TokenRange& word, const StoredMessage& message) override;
  void showNothing(const QString& why) override;

 private:
  void setUpParts();
  void layOut();
  void take(const Answer& answer);
  void showMaps();
  void showSelected();
  void choose(int token, int column);
  Measure measure() const { return static_cast<Measure>(m_measure->currentData().toInt()); }
  Heatmap::Data map() const;
  Heatmap::Data headMap() const;
  int columnOfLayer(int layer) const;
  int layerOfColumn(int column) const;
  QString columnName(int column) const;
  float at(int token, int column) const;
  QString story() const;

  QLabel *m_title, *m_facts;
  ChoiceBox* m_measure;
  Heatmap *m_map, *m_heads;
  QWidget* m_body;
  ViewQuestion m_question;
  std::shared_ptr<const PrecisionLens> m_found;
  ShownText m_text;
  qint64 m_askedMessage = 0;
  qsizetype m_askedTokens = 0;  ///< of it
};

DriftView::DriftView(ViewData& data, QWidget* parent)
    : WordView(data, parent, Follows::selected),
      m_title(makeHeading(QStringLiteral("driftTitle"))),
      m_facts(makeFacts(QStringLiteral("driftFacts"))),
      m_measure(new ChoiceBox),
      m_map(new Heatmap),
      m_heads(new Heatmap),
      m_body(new QWidget),
      m_question(data, QStringLiteral("drift"), nullptr) {
  setUpParts();
  layOut();
  connect(&m_question, &ViewQuestion::answered, this, &DriftView::take);
  connect(m_measure, &QComboBox::currentIndexChanged, this, &DriftView::showMaps);
  connect(m_map, &Heatmap::chosen, this, &DriftView::choose);
  connect(m_heads, &Heatmap::chosen, this,
          [this](int layer, int head) { this->data().selection().setHead(layer, head); });
  connect(&data.selection(), &Selection::changed, this, &DriftView::showSelected);
  connect(&data, &ViewData::otherModelChanged, this, [this] {
    showNothing(Text::tr("Click a word of an answer: its text is read by both models."));
    askAnew();
  });
  start();
}

void DriftView::setUpParts() {
  for (const MeasureRow& row : kMeasures) m_measure->addItem(Text::tr(row.title), static_cast<int>(row.measure));
  m_measure->setObjectName(QStringLiteral("driftMeasure"));
  m_measure->setAccessibleName(Text::tr("What the colours show"));
  m_measure->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_map->setObjectName(QStringLiteral("driftMap"));
  m_map->setAccessibleName(Text::tr("Difference of two models by token and layer"));
  m_map->setDescription([this](int token, int column) {
    return Text::tr("“%1”, %2: %3").arg(m_text.label(token), columnName(column), numberText(at(token, column)));
  });
  m_heads->setObjectName(QStringLiteral("driftHeads"));
  m_heads->setAccessibleName(Text::tr("Attention that moved by layer and head"));
}

void DriftView::layOut() {
  auto* above = new QWidget;
  auto* column = makeBody(above);
  column->addWidget(m_measure);
  column->addWidget(m_map, 1);
  makeBody(m_body)->addWidget(makeSplit(above, m_heads, 3, 2), 1);
  auto* page = makeColumn(this);
  page->addWidget(m_title);
  page->addWidget(m_facts);
  page->addWidget(new ProgressLine(m_question));
  page->addWidget(m_body, 1);
  page->addStretch(0);
}

/// The whole answer is asked about, so that walking through it asks nothing new.
bool DriftView::askAbout(const TokenRange& word, const StoredMessage& message) {
  if (word.message == m_askedMessage && word.last < m_askedTokens) return true;
  const auto make = [](const std::shared_ptr<const Model>& first, const std::shared_ptr<const Model>& second,
                       std::vector<TokenId> tokens, const std::shared_ptr<void>&) -> Result<std::unique_ptr<PairInquiry>> {
    return PrecisionLens::create(*first, *second, std::move(tokens), {});
  };
  if (!m_question.askPair(word.message, static_cast<int>(message.tokens.size()), make)) return false;
  m_askedMessage = word.message;
  m_askedTokens = message.tokens.size();
  return true;
}

void DriftView::take(const Answer& answer) {
  if (!answer.error.isEmpty()) return showNothing(answer.error);
  m_found = std::dynamic_pointer_cast<const PrecisionLens>(answer.pairInquiry);
  if (m_found == nullptr || answer.pieces.size() != std::ssize(m_found->tokens()))
    return showNothing(Text::tr("The models gave no values of this text."));
  m_text = ShownText::of(answer, m_askedMessage);
  m_body->show();
  showMaps();
}

void DriftView::showNothing(const QString& why) {
  m_question.drop();
  m_found = nullptr;
  m_text = {};
  m_askedMessage = m_askedTokens = 0;
  m_title->setText(Text::tr("No two models to look into"));
  m_facts->setText(data().otherModel() ? why
                                       : Text::tr("Choose a second model with Model > Compare with: another precision of this "
                                                  "one, as a rule."));
  m_map->setData({});
  m_heads->setData({});
  m_body->hide();
}

/// Columns of the stream are the embedding, then two a layer; those of attention and lens one a layer.
int DriftView::columnOfLayer(int layer) const {
  switch (measure()) {
    case Measure::error:
    case Measure::cosine: return 2 + 2 * layer;
    case Measure::attention: return layer;
    case Measure::lens: return 1 + layer;
  }
  return layer;
}

int DriftView::layerOfColumn(int column) const {
  switch (measure()) {
    case Measure::error:
    case Measure::cosine: return (column - 1) / 2;
    case Measure::attention: return column;
    case Measure::lens: return column - 1;
  }
  return column;
}

QString DriftView::columnName(int column) const {
  const bool stream = measure() == Measure::error || measure() == Measure::cosine;
  if (column == 0 && measure() != Measure::attention) return Text::tr("embedding");
  if (!stream) return Text::tr("layer %1").arg(layerOfColumn(column));
  return column % 2 == 1 ? Text::tr("behind the attention of layer %1").arg(layerOfColumn(column))
                         : Text::tr("behind layer %1").arg(layerOfColumn(column));
}

float DriftView::at(int token, int column) const {
  const std::size_t tokens = m_found->tokens().size(), row = static_cast<std::size_t>(column), place = static_cast<std::size_t>(token);
  switch (measure()) {
    case Measure::error: return m_found->relativeErrors()[row * tokens + place];
    case Measure::cosine: return m_found->cosines()[row * tokens + place];
    case Measure::lens: return m_found->lensDivergences()[row * tokens + place];
    case Measure::attention: break;
  }
  float sum = 0;
  for (std::size_t head = 0; head < m_found->heads(); ++head)
    sum += m_found->attentionShifts()[(row * m_found->heads() + head) * tokens + place];
  return sum / static_cast<float>(m_found->heads());
}

Heatmap::Data DriftView::map() const {
  Heatmap::Data map;
  const int layers = static_cast<int>(m_found->layers());
  map.rows = static_cast<int>(m_found->tokens().size());
  map.columns = columnOfLayer(layers - 1) + 1;
  map.title = Text::tr(kMeasures[static_cast<std::size_t>(measure())].means);
  map.clipped = true;
  for (int token = 0; token < map.rows; ++token) {
    map.rowLabels += m_text.label(token);
    for (int column = 0; column < map.columns; ++column) map.values.push_back(at(token, column));
  }
  for (int column = 0; column < map.columns; ++column) {
    const bool between = columnOfLayer(layerOfColumn(column)) != column;
    map.columnLabels += column == 0 && measure() != Measure::attention ? Text::tr("embed")
                        : between                                      ? QString()
                                                                       : QString::number(layerOfColumn(column));
  }
  return map;
}

Heatmap::Data DriftView::headMap() const {
  Heatmap::Data map;
  map.rows = static_cast<int>(m_found->layers());
  map.columns = static_cast<int>(m_found->heads());
  map.title = Text::tr("attention that moved, mean of the tokens");
  for (int layer = 0; layer < map.rows; ++layer) {
    map.rowLabels += Text::tr("layer %1").arg(layer);
    for (int head = 0; head < map.columns; ++head)
      map.values.push_back(m_found->meanShift(static_cast<std::uint32_t>(layer), static_cast<std::uint32_t>(head)));
  }
  for (int head = 0; head < map.columns; ++head) map.columnLabels += QString::number(head);
  return map;
}

void DriftView::showMaps() {
  if (m_found == nullptr) return;
  m_map->setData(map());
  m_heads->setData(headMap());
  showSelected();
}

/// Where the error of the residual stream grows and shrinks most, in the mean of the tokens.
QString DriftView::story() const {
  const std::size_t tokens = m_found->tokens().size();
  std::vector<double> means;
  for (std::size_t row = 0; row < m_found->streamRows(); ++row) {
    double sum = 0;
    for (std::size_t token = 0; token < tokens; ++token) sum += double{m_found->relativeErrors()[row * tokens + token]};
    means.push_back(sum / static_cast<double>(tokens));
  }
  std::size_t grows = 1, heals = 1;
  for (std::size_t row = 1; row < means.size(); ++row) {
    if (means[row] - means[row - 1] > means[grows] - means[grows - 1]) grows = row;
    if (means[row] - means[row - 1] < means[heals] - means[heals - 1]) heals = row;
  }
  const auto percent = [](double share) { return QLocale().toString(100 * share, 'f', 1); };
  const auto part = [](std::size_t row) {
    const QString layer = QString::number((row - 1) / 2);
    return row % 2 == 1 ? Text::tr("the attention of layer %1").arg(layer) : Text::tr("the feed-forward part of layer %1").arg(layer);
  };
  QString story = Text::tr("The residual streams of %1 tokens differ by %2 % at the embedding and %3 % at the end. The error grows most in %4 "
                           "(to %5 %)")
                      .arg(m_text.size())
                      .arg(percent(means.front()), percent(means.back()), part(grows), percent(means[grows]));
  const bool healed = means[heals] < means[heals - 1];
  return story + (healed ? Text::tr(" and heals most in %1 (to %2 %).").arg(part(heals), percent(means[heals])) : Text::tr("."));
}

void DriftView::choose(int token, int column) {
  const TokenRange range = m_text.rangeAt(data(), token);
  if (!range.isEmpty()) data().selection().setTokens(range);
  const bool isLayer = column > 0 || measure() == Measure::attention;
  data().selection().setHead(isLayer ? layerOfColumn(column) : -1, -1);
  m_map->setCurrent(token, column);
}

void DriftView::showSelected() {
  if (m_found == nullptr) return;
  const Selection& selection = data().selection();
  const int token = m_text.placeOf(data(), selection.tokens().message, selection.tokens().first);
  const bool known = selection.layer() >= 0 && selection.layer() < static_cast<int>(m_found->layers());
  m_map->setCurrent(token, known ? columnOfLayer(selection.layer()) : -1);
  m_heads->setCurrent(known ? selection.layer() : -1, known ? selection.head() : -1);
  m_title->setText(token >= 0 && known ? m_map->data().title + QStringLiteral(": ") + Text::tr("“%1”, layer %2: %3")
                                             .arg(m_text.label(token)).arg(selection.layer())
                                             .arg(numberText(at(token, columnOfLayer(selection.layer()))))
                                       : Text::tr("Where the two come apart"));
  m_facts->setText(story());
}

}  // namespace

InspectorView* createDriftView(ViewData& data, QWidget* parent) { return new DriftView(data, parent); }

}  // namespace cutaway
