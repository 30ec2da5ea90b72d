#include "ui/views/text_maps.h"

#include <QHBoxLayout>
#include <QLocale>
#include <QScrollArea>
#include <algorithm>

#include "ui/chat/token_tip.h"
#include "ui/choice_box.h"
#include "ui/theme.h"
#include "ui/views/token_weights.h"
#include "ui/views/view_saving.h"

namespace cutaway {
namespace {

constexpr int kGridCells = 40;   ///< of a small map
constexpr int kPause = 400;      ///< ms without a new token, after which the text is taken to be whole
constexpr int kRowsPause = 40;  ///< ms between two batches of live rows: drawing must not take the answer's time
constexpr int kRowDelay = 120;   ///< ms a cell is pointed at before its row is asked for

enum Heads { kSelected, kMeanOfAll, kLargestOfAll };

QComboBox* makeChoice(const QString& name, const QString& label, const QStringList& items) {
  auto* box = new ChoiceBox;
  box->setObjectName(name);
  box->setAccessibleName(label);
  box->setToolTip(label);
  box->addItems(items);
  box->setMinimumContentsLength(6);
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  return box;
}

}  // namespace

TextMaps::TextMaps(ViewData& viewData, QWidget* parent)
    : QWidget(parent),
      m_data(viewData),
      m_source(viewData, this),
      m_gridQuestion(viewData, QStringLiteral("attention-grid"), this),
      m_rowQuestion(viewData, QStringLiteral("attention-row"), this),
      m_title(makeHeading(QStringLiteral("mapTitle"))),
      m_facts(makeFacts(QStringLiteral("mapFacts"))),
      m_cell(makeFacts(QStringLiteral("mapCell"))),
      m_heads(makeChoice(QStringLiteral("mapHeads"), tr("The large map: the chosen head, or of all heads of its layer the mean or the largest weight"),
                         {tr("One head"), tr("Mean"), tr("Largest")})),
      m_scale(makeChoice(QStringLiteral("mapScale"), tr("Scale of the colours: linear, logarithmic, or each row up to its own largest weight"), {tr("Linear"), tr("Log"), tr("By row")})),
      m_cells(makeChoice(QStringLiteral("mapCells"), tr("The grid: small maps, or how spread out each head looks, its mean entropy"), {tr("Maps"), tr("Entropy")})),
      m_withoutSink(new QCheckBox(tr("Hide the f&irst token"))),
      m_grid(new MapGrid),
      m_gridArea(makeQuietArea(m_grid)),
      m_canvas(new MapCanvas) {
  setObjectName(QStringLiteral("textMaps"));
  layOut();
  m_canvas->setSource(&m_source);
  m_textTimer.setSingleShot(true);
  m_textTimer.setInterval(kPause);
  m_rowTimer.setSingleShot(true);
  m_rowTimer.setInterval(kRowDelay);
  connect(&m_textTimer, &QTimer::timeout, this, [this] { showText(m_latest); });
  connect(&m_rowTimer, &QTimer::timeout, this, &TextMaps::askRow);
  Selection& selection = viewData.selection();
  connect(&selection, &Selection::changed, this, &TextMaps::follow);
  connect(&selection, &Selection::conversationChanged, this, [this] {
    m_latest = 0;
    showText(0);
  });
  const auto anew = [this] {
    const qint64 message = m_message;
    showText(0);
    showText(message);
  };
  connect(&viewData, &ViewData::modelChanged, this, anew);
  connect(&viewData, &ViewData::actingEditsChanged, this, anew);
  connect(&viewData, &ViewData::messageChanged, this, [this](qint64 id) {
    m_latest = id;
    m_textTimer.start();
  });
  connect(&viewData, &ViewData::rowsCame, this, [this](const std::shared_ptr<const LiveBatch>& batch) {
    takeRows(*batch);
    m_rowsTimer.start();
  });
  m_rowsTimer.setSingleShot(true);
  m_rowsTimer.setInterval(kRowsPause);
  connect(&m_rowsTimer, &QTimer::timeout, &viewData, &ViewData::rowsTaken);
  connect(&m_gridQuestion, &ViewQuestion::answered, this, [this](const Answer& answer) {
    m_grid->setMaps(std::dynamic_pointer_cast<const AttentionMap>(answer.inquiry));
    shareHeight();
  });
  connect(&m_rowQuestion, &ViewQuestion::answered, this, &TextMaps::tellRow);
  connect(&m_source, &AttentionSource::failed, this, [this](const QString& why) {
    m_problem = why;
    showFacts();
  });
  for (const auto signal : {&TileSource::changed, &TileSource::replaced}) connect(&m_source, signal, this, &TextMaps::showFacts);
  connect(&m_data, &ViewData::headNamesChanged, this, [this] { m_grid->setNames(m_data.headNames()); });
  connect(m_grid, &MapGrid::headChosen, this, [this](int layer, int head) {
    m_heads->setCurrentIndex(kSelected);
    m_data.selection().setHead(layer, head);
  });
  connect(m_canvas, &MapCanvas::hovered, this, &TextMaps::pointAt);
  connect(m_canvas, &MapCanvas::chosen, this, &TextMaps::choose);
  connect(m_heads, &QComboBox::currentIndexChanged, this, &TextMaps::follow);
  connect(m_scale, &QComboBox::currentIndexChanged, this, [this](int index) { m_canvas->setScale(static_cast<MapCanvas::Scale>(index)); });
  connect(m_cells, &QComboBox::currentIndexChanged, this, [this](int index) { m_grid->setCells(static_cast<MapGrid::Cells>(index)); });
  connect(m_withoutSink, &QCheckBox::toggled, m_canvas, &MapCanvas::setWithoutSink);
  connect(m_withoutSink, &QCheckBox::toggled, m_grid, &MapGrid::setWithoutSink);
  shareHeight();
  showFacts();
}

void TextMaps::layOut() {
  m_withoutSink->setObjectName(QStringLiteral("mapWithoutSink"));
  m_withoutSink->setAccessibleName(tr("Hide the first token"));
  m_withoutSink->setToolTip(tr("Heads that look for nothing look at the first token"));
  auto* choices = new QHBoxLayout;
  choices->setSpacing(Theme::kGrid);
  for (QComboBox* box : {m_heads, m_scale, m_cells}) choices->addWidget(box, 1);
  auto* column = makeBody(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(new ProgressLine(m_source.question()));
  column->addLayout(choices);
  column->addWidget(m_withoutSink);
  column->addWidget(m_gridArea);
  column->addWidget(m_canvas, 1);
  column->addWidget(m_cell);
  m_cell->setMinimumHeight(2 * m_cell->fontMetrics().height());
}

/// The large map has the larger part.
void TextMaps::shareHeight() { m_gridArea->setFixedHeight(std::min(m_grid->sizeHint().height(), height() * 2 / 5)); }

void TextMaps::setShown(bool shown) {
  if (shown == m_shown) return;
  m_shown = shown;
  Q_EMIT m_data.rowsWatched(shown ? wanted().layer : -1);
  if (shown) follow();
}

AttentionSource::Shown TextMaps::wanted() const {
  const Selection& selection = m_data.selection();
  AttentionSource::Shown shown{m_message, m_tokens, std::max(0, selection.layer()), MapTile::kMean};
  if (m_heads->currentIndex() == kSelected && selection.head() >= 0) shown.head = selection.head();
  if (m_heads->currentIndex() == kLargestOfAll) shown.head = MapTile::kLargest;
  return shown;
}

void TextMaps::follow() {
  const Selection& selection = m_data.selection();
  m_grid->setCurrent(selection.layer(), selection.head());
  if (!m_shown) return;
  const TokenRange& tokens = selection.tokens();
  Q_EMIT m_data.rowsWatched(wanted().layer);
  showText(!tokens.isEmpty() ? tokens.message : m_latest != 0 ? m_latest : m_message);
  if (tokens.message == m_message && !tokens.isEmpty() && m_source.promptTokens() > 0)
    m_canvas->setCurrent(m_source.promptTokens() + tokens.first, m_canvas->currentKey() <= m_source.promptTokens() + tokens.first ? std::max(0, m_canvas->currentKey()) : 0);
}

void TextMaps::showText(qint64 id) {
  if (!m_shown && id != 0) return;
  const StoredMessage* message = id == 0 ? nullptr : m_data.message(id);
  const bool other = id != m_message || (message && message->tokens.size() != m_tokens);
  m_message = message ? id : 0;
  m_tokens = message ? static_cast<int>(message->tokens.size()) : 0;
  m_problem.clear();
  m_source.show(wanted());
  if (other) askGrid();
  showFacts();
}

void TextMaps::askGrid() {
  m_gridQuestion.drop();
  if (m_message == 0) return m_grid->setMaps(nullptr);
  const auto make = [](const Model& model, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    return AttentionMap::create(model.description->graph(), std::move(tokens),
                                {.mostRows = kGridCells, .mostKeys = kGridCells, .shrink = MapRequest::Rows::sample});
  };
  m_gridQuestion.ask(m_message, m_tokens, make);
}

void TextMaps::takeRows(const LiveBatch& batch) {
  m_lost = batch.lost;
  const AttentionSource::Shown shown = m_source.shown();
  if (!m_shown || static_cast<int>(batch.layer) != shown.layer) return;
  for (const LiveRow& row : batch.rows) {
    const std::size_t keys = row.position + 1;
    std::vector<float> weights(keys);
    for (std::uint32_t head = 0; head < row.heads; ++head) {
      if (shown.head >= 0 && static_cast<int>(head) != shown.head) continue;
      for (std::size_t key = 0; key < keys; ++key) {
        const float weight = row.weights[head * keys + key];
        if (shown.head == MapTile::kMean) weights[key] += weight / static_cast<float>(row.heads);
        else weights[key] = std::max(weights[key], weight);
      }
    }
    m_source.addLive(static_cast<int>(row.position), weights);
  }
  if (!batch.rows.empty()) Q_EMIT m_source.changed();
}

QString TextMaps::headText() const {
  const AttentionSource::Shown& shown = m_source.shown();
  if (shown.head == MapTile::kMean) return tr("Layer %1, mean of its heads").arg(shown.layer);
  if (shown.head == MapTile::kLargest) return tr("Layer %1, largest of its heads").arg(shown.layer);
  return tr("Layer %1, head %2").arg(shown.layer).arg(shown.head);
}

void TextMaps::showFacts() {
  const bool any = m_source.tokens() > 0;
  m_title->setText(any ? headText() : tr("No text to show"));
  if (!m_problem.isEmpty()) return m_facts->setText(m_problem);
  if (!any && !m_source.question().isOpen()) return m_facts->setText(tr("Click a word of an answer to see the attention of all of its text."));
  QString text = tr("%1 tokens: each row shows where one of them looked.").arg(QLocale().toString(m_source.tokens()));
  if (m_source.isLive()) text += QLatin1Char(' ') + tr("Rows come as they are written.");
  else if (any && !m_source.isExact()) text += QLatin1Char(' ') + tr("From states kept in 16 bits: right to about 0.001.");
  if (m_lost > 0 && m_source.isLive()) text += QLatin1Char(' ') + tr("%1 came too fast and are left out.").arg(QLocale().toString(m_lost));
  if (text != m_facts->text()) m_facts->setText(text);
}

void TextMaps::pointAt(int row, int key) {
  m_row = row;
  m_key = key;
  row < 0 ? m_rowTimer.stop() : m_rowTimer.start();
  if (row < 0) m_cell->clear();
}

/// Weight and rank are of the whole row, which the tiles may have drawn together.
void TextMaps::askRow() {
  const AttentionSource::Shown shown = m_source.shown();
  if (m_row < 0 || shown.message == 0 || m_source.isLive()) return;
  MapRequest request{.layers = {static_cast<std::uint32_t>(shown.layer)}};
  if (shown.head >= 0) request.heads = {static_cast<std::uint32_t>(shown.head)};
  if (shown.head == MapTile::kMean) request.join = MapRequest::Join::mean;
  if (shown.head == MapTile::kLargest) request.join = MapRequest::Join::largest;
  const auto row = static_cast<std::uint32_t>(m_row);
  request.rows = {row, row + 1};
  request.keys = {0, row + 1};
  request.mostKeys = row + 1;
  m_rowQuestion.ask(shown.message, shown.tokens,
                    [request](const Model& model, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
                      return AttentionMap::create(model.description->graph(), std::move(tokens), request);
                    });
}

void TextMaps::tellRow(const Answer& answer) {
  const auto* map = dynamic_cast<const AttentionMap*>(answer.inquiry.get());
  if (map == nullptr || m_row < 0 || map->tiles().front().rows.first != static_cast<std::uint32_t>(m_row)) return;
  const std::vector<float>& weights = map->tiles().front().weights;
  if (m_key >= static_cast<int>(weights.size())) return;
  const float weight = weights[static_cast<std::size_t>(m_key)];
  const auto rank = 1 + std::ranges::count_if(weights, [weight](float other) { return other > weight; });
  const auto name = [&](int token) { return tr("“%1” (%2)").arg(tokenLabel(answer.pieces.value(token)), QLocale().toString(token)); };
  const QString text = tr("%1 looked at %2: %3 %, number %4 of %5")
                           .arg(name(m_row), name(m_key), QLocale().toString(100.0 * double{weight}, 'g', 3),
                                QLocale().toString(rank), QLocale().toString(static_cast<qlonglong>(weights.size())));
  m_cell->setText(text);
  Q_EMIT m_data.tokensWeighed(weightsByMessage(m_data, m_message, answer.pieces, static_cast<int>(answer.promptTokens), weights));
  m_canvas->describe(text);
}

void TextMaps::choose(int row, int key) {
  pointAt(row, key);
  const int token = row - m_source.promptTokens();
  if (m_source.promptTokens() > 0 && token >= 0 && token < m_tokens) m_data.selection().setTokens({m_message, token, token});
}

QString TextMaps::csv() const {
  const MapTile* tile = m_source.whole();
  if (!tile) return {};
  QStringList cells{tr("token")};
  for (std::uint32_t x = 0; x < tile->width; ++x) cells += QString::number(tile->keysOf(x).first);
  CsvTable csv(cells);
  for (std::uint32_t y = 0; y < tile->height; ++y) {
    cells = {QString::number(tile->rowsOf(y).first)};
    for (std::uint32_t x = 0; x < tile->width; ++x) cells += csvNumber(double{tile->at(0, y, x)});
    csv.add(cells);
  }
  return csv.text();
}

}  // namespace cutaway
