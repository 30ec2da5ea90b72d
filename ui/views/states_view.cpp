// How the residual stream of every token grows through the layers: lengths, changes and cosines as a heatmap, and the
// paths of chosen tokens along the principal components of all states.
#include <QCheckBox>
#include <QCoreApplication>
#include <QSplitter>

#include "ui/base/background_thread.h"
#include "ui/choice_box.h"
#include "ui/views/states_data.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_table.h"
#include "ui/views/word_view.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(StatesView)
};

constexpr int kMostPaths = 12;  ///< tokens of a long selection that are drawn
constexpr int kBefore = 3;      ///< tokens before the selected one that are drawn with it

/// The components in pairs, as they are offered.
constexpr std::pair<std::size_t, std::size_t> kPlanes[] = {{0, 1}, {0, 2}, {1, 2}};

class StatesView : public WordView {
 public:
  StatesView(ViewData& data, QWidget* parent);
  QString csv() const override { return m_shown.csv(); }

 protected:
  bool askAbout(const TokenRange& word, const StoredMessage& message) override;
  void showNothing(const QString& why) override;

 private:
  void setUpParts();
  void layOut();
  void listen();
  void take(const Answer& answer);
  void showMeasure();
  void follow();
  void showSelected();
  void analyse();
  void showPaths();
  void choose(int token, int row);
  int selectedToken();
  std::vector<int> chosenTokens();

  QLabel *m_title, *m_facts;
  ChoiceBox *m_measure, *m_plane;
  QCheckBox* m_directions;
  Heatmap* m_map;
  TrajectoryPlot* m_plot;
  QWidget* m_body;
  ViewQuestion m_question;
  std::unique_ptr<BackgroundThread> m_thread;  ///< finds principal components
  StatesData m_shown;
  TokenRange m_followed;  ///< the selection when it was last looked at
  int m_chosenHere = -1;  ///< a token of the prompt, which the selection cannot name
  qint64 m_askedMessage = 0;
  qsizetype m_askedTokens = 0;  ///< of it
};

StatesView::StatesView(ViewData& data, QWidget* parent)
    : WordView(data, parent, Follows::selected),
      m_title(makeHeading(QStringLiteral("statesTitle"))),
      m_facts(makeFacts(QStringLiteral("statesFacts"))),
      m_measure(new ChoiceBox),
      m_plane(new ChoiceBox),
      m_directions(new QCheckBox(Text::tr("&Directions alone"))),
      m_map(new Heatmap),
      m_plot(new TrajectoryPlot),
      m_body(new QWidget),
      m_question(data, QStringLiteral("states"), nullptr) {
  setUpParts();
  layOut();
  listen();
  start();
}

void StatesView::setUpParts() {
  for (const StateMeasureInfo& info : stateMeasures()) m_measure->addItem(measureTitle(info.measure), static_cast<int>(info.measure));
  m_measure->setObjectName(QStringLiteral("statesMeasure"));
  m_measure->setAccessibleName(Text::tr("What the colours show"));
  for (const auto& [x, y] : kPlanes) m_plane->addItem(Text::tr("Components %1 and %2").arg(x + 1).arg(y + 1));
  m_plane->setObjectName(QStringLiteral("statesPlane"));
  m_plane->setAccessibleName(Text::tr("Principal components shown"));
  for (ChoiceBox* box : {m_measure, m_plane}) box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_directions->setObjectName(QStringLiteral("statesDirections"));
  m_directions->setAccessibleName(Text::tr("Directions alone"));
  m_directions->setToolTip(Text::tr("States grow from layer to layer; at unit length only where they point counts"));
  m_map->setObjectName(QStringLiteral("statesMap"));
  m_map->setAccessibleName(Text::tr("Hidden states by token and layer"));
  m_map->setDescription([this](int token, int row) { return m_shown.describe(token, row); });
  m_plot->setObjectName(QStringLiteral("statesPlot"));
  m_plot->setAccessibleName(Text::tr("Paths of tokens through the layers"));
}

void StatesView::layOut() {
  auto* above = new QWidget;
  auto* aboveColumn = makeBody(above);
  aboveColumn->addWidget(m_measure);
  aboveColumn->addWidget(m_map, 1);
  auto* below = new QWidget;
  auto* belowColumn = makeBody(below);
  auto* row = new QHBoxLayout;
  row->addWidget(m_plane, 1);
  row->addWidget(m_directions);
  belowColumn->addLayout(row);
  belowColumn->addWidget(m_plot, 1);
  auto* split = new QSplitter(Qt::Vertical);
  split->setChildrenCollapsible(false);
  split->addWidget(above);
  split->addWidget(below);
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 2);
  split->setSizes({3000, 2000});
  makeBody(m_body)->addWidget(split, 1);
  auto* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_body, 1);
  column->addStretch(0);
}

void StatesView::listen() {
  Selection& selection = data().selection();
  connect(&selection, &Selection::changed, this, &StatesView::follow);
  connect(&selection, &Selection::hoverChanged, this, &StatesView::showSelected);
  connect(&m_question, &ViewQuestion::answered, this, &StatesView::take);
  connect(m_measure, &QComboBox::currentIndexChanged, this, &StatesView::showMeasure);
  connect(m_plane, &QComboBox::currentIndexChanged, this, &StatesView::showPaths);
  connect(m_directions, &QCheckBox::toggled, this, &StatesView::analyse);
  connect(m_map, &Heatmap::chosen, this, &StatesView::choose);
  connect(m_plot, &TrajectoryPlot::chosen, this, &StatesView::choose);
}

/// The whole answer is asked about, so that walking through it asks nothing new.
bool StatesView::askAbout(const TokenRange& word, const StoredMessage& message) {
  if (word.message == m_askedMessage && word.last < m_askedTokens) return true;
  const InquiryMaker make = [](const Model& model, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    return HiddenStates::create(model.description->graph(), std::move(tokens));
  };
  if (!m_question.ask(word.message, static_cast<int>(message.tokens.size()), make)) return false;
  m_askedMessage = word.message;
  m_askedTokens = message.tokens.size();
  return true;
}

void StatesView::take(const Answer& answer) {
  if (!answer.error.isEmpty()) return showNothing(answer.error);
  auto states = std::dynamic_pointer_cast<const HiddenStates>(answer.inquiry);
  if (!states || answer.pieces.size() != std::ssize(states->tokens())) return showNothing(Text::tr("The device gave no hidden states."));
  m_shown = {std::move(states), nullptr, ShownText::of(answer, m_askedMessage)};
  m_body->show();
  showMeasure();
  analyse();
}

void StatesView::showNothing(const QString& why) {
  m_question.drop();
  m_shown = {};
  m_askedMessage = m_askedTokens = 0;
  m_chosenHere = -1;
  m_map->setData({});
  m_plot->setData({});
  m_body->hide();
  m_title->setText(Text::tr("No hidden states to show"));
  m_facts->setText(why);
}

void StatesView::showMeasure() {
  m_map->setData(m_shown.map(static_cast<StateMeasure>(m_measure->currentData().toInt())));
  showSelected();
}

void StatesView::follow() {
  const TokenRange& tokens = data().selection().tokens();
  if (tokens != m_followed) m_chosenHere = -1;
  m_followed = tokens;
  showSelected();
}

int StatesView::selectedToken() {
  if (m_chosenHere >= 0) return m_chosenHere;
  return m_shown.text.placeOf(data(), m_followed.message, m_followed.first);
}

void StatesView::choose(int token, int row) {
  Selection& selection = data().selection();
  const TokenRange range = m_shown.text.rangeAt(data(), token);
  if (!range.isEmpty()) selection.setTokens(range);
  m_chosenHere = range.isEmpty() ? token : -1;
  const int layer = row - 1;
  selection.setHead(layer, layer == selection.layer() ? selection.head() : -1);
  showSelected();
  m_map->setCurrent(token, row);  // the embedding is no layer of the selection
  m_plot->setLayer(row);
}

void StatesView::showSelected() {
  if (!m_shown.states) return;
  const Selection& selection = data().selection();
  const TokenRange& hovered = selection.hovered();
  const int pointed = m_shown.text.placeOf(data(), hovered.message, hovered.first);
  const int token = pointed >= 0 ? pointed : selectedToken();
  const int row = selection.layer() >= 0 && selection.layer() + 1 < m_shown.rows() ? selection.layer() + 1 : -1;
  m_map->setCurrent(token, row);
  m_plot->setLayer(row);
  const QString word = m_shown.text.label(token);
  m_title->setText(token < 0 ? Text::tr("Hidden states")
                   : row < 0 ? Text::tr("“%1” through the layers").arg(word)
                             : Text::tr("“%1”: %2").arg(word, rowTitle(row)));
  m_facts->setText(token >= 0 && row >= 0
                       ? m_shown.describe(token, row).section(QLatin1Char('\n'), 1).replace(QLatin1Char('\n'), QLatin1String(", "))
                       : Text::tr("What each layer left in the residual stream, %1 tokens. Click a cell for its layer.").arg(m_shown.text.size()));
  showPaths();
}

void StatesView::analyse() {
  if (!m_shown.states) return;
  if (!m_thread) m_thread = std::make_unique<BackgroundThread>(QStringLiteral("components"));
  const PcaOptions options{.components = 3, .directions = m_directions->isChecked()};
  m_thread->ask(
      this, [states = m_shown.states, options] { return std::make_shared<const StatePlaces>(StatePlaces::of(*states, options)); },
      [this, states = m_shown.states](const std::shared_ptr<const StatePlaces>& places) {
        if (states != m_shown.states || places->pca.directions != m_directions->isChecked()) return;  // asked again since
        m_shown.places = places;
        showPaths();
      });
}

/// The selected tokens first, then some before them.
std::vector<int> StatesView::chosenTokens() {
  const int first = selectedToken(), more = m_chosenHere >= 0 ? 0 : m_followed.last - m_followed.first;
  std::vector<int> tokens;
  if (first < 0) return tokens;
  for (int token = first; token <= first + more && token < qMin(first + kMostPaths, m_shown.text.size()); ++token) tokens.push_back(token);
  for (int token = first - 1; tokens.size() < 1 + kBefore && token >= 0; --token) tokens.push_back(token);
  return tokens;
}

void StatesView::showPaths() {
  const auto [x, y] = kPlanes[qBound(0, m_plane->currentIndex(), static_cast<int>(std::size(kPlanes)) - 1)];
  m_plot->setData(m_shown.paths(chosenTokens(), x, y));
}

}  // namespace

InspectorView* createStatesView(ViewData& data, QWidget* parent) { return new StatesView(data, parent); }

}  // namespace cutaway
