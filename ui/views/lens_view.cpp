// The logit lens: what the model would have said after every layer, for the words around the selected one.
#include <QCoreApplication>
#include <QHeaderView>
#include <QScrollBar>
#include <QTableView>

#include "core/inspect/lens.h"
#include "ui/choice_box.h"
#include "ui/chat/token_tip.h"
#include "ui/theme.h"
#include "ui/views/lens_table.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_table.h"
#include "ui/views/word_view.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(LensView)
};

constexpr int kBefore = 24, kAfter = 8;  ///< words around the selected one
constexpr int kColumnWidth = 72;

class LensView : public WordView {
 public:
  LensView(ViewData& data, QWidget* parent);
  QString csv() const override { return m_table->csv(); }

 protected:
  bool askAbout(const TokenRange& word, const StoredMessage& message) override;
  void showNothing(const QString& why) override;
  void shownChanged() override {
    Q_EMIT data().lensWatched(isShown());
    WordView::shownChanged();
  }

 private:
  void layOut();
  void take(const Answer& answer);
  void takeLive(const LiveColumn& live);
  void fitGrid();
  void showColumn();
  void choose(const QModelIndex& cell);

  QLabel *m_title, *m_facts, *m_cell;
  ChoiceBox* m_shade;
  LensTable* m_table;
  QTableView* m_grid;
  QWidget* m_body;
  ViewQuestion m_question;
  qint64 m_message = 0;   ///< of the columns; 0: they come live, from the answer being written
  int m_livePosition = -1;  ///< of the last live column
  int m_lastWord = 0;     ///< token of the message that the last column is about
};

LensView::LensView(ViewData& data, QWidget* parent)
    : WordView(data, parent, Follows::selected),
      m_title(makeHeading(QStringLiteral("lensTitle"))),
      m_facts(makeFacts(QStringLiteral("lensFacts"))),
      m_cell(makeFacts(QStringLiteral("lensCell"))),
      m_shade(new ChoiceBox),
      m_table(new LensTable(this)),
      m_grid(new QTableView),
      m_body(new QWidget),
      m_question(data, QStringLiteral("lens"), nullptr) {
  layOut();
  connect(&m_question, &ViewQuestion::answered, this, &LensView::take);
  connect(m_shade, &QComboBox::currentIndexChanged, this,
          [this](int index) { m_table->setShade(static_cast<LensTable::Shade>(index)); });
  connect(m_grid, &QAbstractItemView::clicked, this, &LensView::choose);
  connect(m_grid, &QAbstractItemView::activated, this, &LensView::choose);
  connect(m_grid->selectionModel(), &QItemSelectionModel::currentChanged, this,
          [this](const QModelIndex& cell) { m_cell->setText(m_table->describe(cell)); });
  connect(&data.selection(), &Selection::changed, this, &LensView::showColumn);
  connect(&data, &ViewData::lensCame, this, [this](const auto& live) { takeLive(*live); });
  start();
}

void LensView::layOut() {
  m_shade->setObjectName(QStringLiteral("lensShade"));
  m_shade->setAccessibleName(Text::tr("What the shade of a cell means"));
  m_shade->addItems({Text::tr("Probability of the final word"), Text::tr("Probability of what would be said"),
                     Text::tr("Rank of the final word"), Text::tr("Entropy"), Text::tr("KL to the last layer")});
  m_grid->setObjectName(QStringLiteral("lensGrid"));
  m_grid->setAccessibleName(Text::tr("What would be said after each layer, word by word"));
  m_grid->setModel(m_table);
  m_grid->setShowGrid(false);
  m_grid->setTabKeyNavigation(false);
  m_grid->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  m_grid->horizontalHeader()->setDefaultSectionSize(kColumnWidth);
  m_grid->horizontalHeader()->setHighlightSections(false);
  m_grid->verticalHeader()->setHighlightSections(false);
  m_grid->verticalHeader()->setDefaultSectionSize(m_grid->fontMetrics().height() + Theme::kGrid / 2);
  QVBoxLayout* body = makeBody(m_body);
  body->addWidget(m_shade);
  body->addWidget(m_grid, 1);
  body->addWidget(m_cell);
  body->addStretch(0);
  QVBoxLayout* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_body, 1);
  column->addStretch(0);
}

bool LensView::askAbout(const TokenRange& word, const StoredMessage& message) {
  const auto isToken = [](const ChatToken& token) { return token.id >= 0; };
  const auto end = qMin<qsizetype>(message.tokens.size(), word.first + kAfter);
  const auto begin = qMax(0, word.first - kBefore);
  const auto words = message.tokens.mid(begin, end - begin);
  const auto count = static_cast<std::uint32_t>(std::ranges::count_if(words, isToken));
  // A word is chosen at the token before it.
  const auto make = [count](const Model& model, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    const auto all = static_cast<std::uint32_t>(tokens.size());
    return LogitLens::create(model, std::move(tokens), all - std::min(all, count));
  };
  const bool asked = m_question.ask(word.message, static_cast<int>(end) - 1, make);
  if (asked) {
    m_message = word.message;
    m_lastWord = static_cast<int>(end) - 1;
  }
  return asked;
}

void LensView::take(const Answer& answer) {
  if (!answer.error.isEmpty()) return showNothing(answer.error);
  auto lens = std::dynamic_pointer_cast<const LogitLens>(answer.inquiry);
  const StoredMessage* message = data().message(m_message);
  if (!lens || !message || !data().model()) return showNothing(Text::tr("The device gave no hidden states."));
  std::vector<LensTable::Column> columns;
  for (std::uint32_t column = 0; column < lens->columns(); ++column) {
    const qsizetype word = m_lastWord - static_cast<qsizetype>(lens->columns()) + 1 + column;
    const auto cells = lens->column(column);
    columns.push_back({static_cast<int>(lens->first() + column),
                       word >= 0 && word < message->tokens.size() ? tokenLabel(message->tokens[word].text) : QString(),
                       {cells.begin(), cells.end()}});
  }
  m_table->set(std::move(columns), answer.text);
  m_livePosition = -1;
  fitGrid();
  showColumn();
}

void LensView::fitGrid() {
  const QHeaderView& rows = *m_grid->verticalHeader();
  m_grid->setMaximumHeight(rows.length() + m_grid->horizontalHeader()->sizeHint().height() +
                           m_grid->horizontalScrollBar()->sizeHint().height() + Theme::kGrid);  // more would stay empty
  m_body->show();
}

/// A column for the newest token of the answer that is being written; the first one takes the place of what was shown.
void LensView::takeLive(const LiveColumn& live) {
  if (!isShown()) return;
  const auto position = static_cast<int>(live.column.position);
  if (m_livePosition < 0 || position <= m_livePosition) {
    m_question.drop();
    m_message = 0;
    m_table->set({}, live.text);
  }
  m_livePosition = position;
  m_table->append({position, tokenLabel(live.text(live.column.cells.back().top[0])), live.column.cells});
  fitGrid();
  m_title->setText(m_table->summary(m_table->columnCount() - 1));
  m_facts->setText(Text::tr("As the answer is written: each column is what the layers would say next. Click a word of the answer to look "
                            "at it closely."));
  m_grid->scrollTo(m_table->index(0, m_table->columnCount() - 1));
}

void LensView::showNothing(const QString& why) {
  m_question.drop();
  m_title->setText(Text::tr("No words to look at"));
  m_facts->setText(why);
  m_table->set({}, {});
  m_body->hide();
}

/// The column of the selected word: marked, in view, and told in words.
void LensView::showColumn() {
  if (m_message == 0) return;  // live
  const TokenRange& word = data().selection().tokens();
  const int column = m_table->columnCount() - 1 - (m_lastWord - word.first);
  const bool known = word.message == m_message && column >= 0 && column < m_table->columnCount();
  m_table->setMarked(known ? column : -1);
  if (m_table->columnCount() == 0) return;
  m_title->setText(known ? m_table->summary(column) : Text::tr("Logit lens"));
  m_facts->setText(Text::tr("Each cell is the word that the model would have said, had it stopped after that layer. Words in "
                            "bold are final: no later layer changed them."));
  if (!known) return;
  if (m_grid->currentIndex().column() != column) m_grid->setCurrentIndex(m_table->index(0, column));
  m_grid->scrollTo(m_grid->currentIndex());
}

void LensView::choose(const QModelIndex& cell) {
  const int word = m_lastWord - (m_table->columnCount() - 1 - cell.column());
  if (m_message != 0 && word >= 0) data().selection().setTokens({m_message, word, word});
}

}  // namespace

InspectorView* createLensView(ViewData& data, QWidget* parent) { return new LensView(data, parent); }

}  // namespace cutaway
