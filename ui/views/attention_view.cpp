// Where heads looked: for one word, at the moment it was chosen or at the moment it was read on the way to the next one;
// or for the whole text, as maps.
#include <QCheckBox>
#include <QCoreApplication>
#include <QScrollArea>
#include <QTabBar>

#include "core/inspect/recall.h"
#include "ui/chat/token_tip.h"
#include "ui/theme.h"
#include "ui/views/bar_table.h"
#include "ui/views/head_grid.h"
#include "ui/views/text_maps.h"
#include "ui/views/token_weights.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"
#include "ui/views/word_view.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(AttentionView)
};

constexpr int kListed = 40;
constexpr float kLeastListed = 0.001f;

enum Mode { kOneWord, kWholeText };
enum Column { kPosition, kToken, kWeight, kBar };

class AttentionView : public WordView {
 public:
  AttentionView(ViewData& data, QWidget* parent);
  QString csv() const override {
    if (showsMaps()) return m_maps->csv();
    return m_table->rowCount() == 0 ? QString() : csvOf(*m_table);
  }

 protected:
  bool looksAtWord() const override { return isShown() && !showsMaps(); }
  bool askAbout(const TokenRange& word, const StoredMessage& message) override;
  void showNothing(const QString& why) override;
  void shownChanged() override {
    Q_EMIT data().statesKept(isShown());
    turn();
  }

 private:
  void setUpTable();
  void layOut();
  void take(const Answer& answer);
  void showRow();
  bool asRead() const { return m_asRead->isChecked(); }
  bool showsMaps() const { return m_modes->currentIndex() == kWholeText; }
  void turn();

  QTabBar* m_modes;
  QWidget* m_word;  ///< all of the page of one word
  TextMaps* m_maps;
  QLabel *m_title, *m_facts;
  QCheckBox *m_asRead, *m_withoutSink;
  HeadGrid* m_grid;
  QScrollArea* m_gridArea;
  QTableWidget* m_table;
  QWidget* m_body;
  ViewQuestion m_question;
  struct Word {
    TokenRange range;
    bool asRead = false;
    QString text;
  };
  QStringList m_pieces;  ///< of the shown word's text
  int m_promptTokens = 0;
  Word m_asking, m_shown;  ///< without a range: none
};

AttentionView::AttentionView(ViewData& data, QWidget* parent)
    : WordView(data, parent, Follows::hovered),
      m_modes(new QTabBar),
      m_word(new QWidget),
      m_maps(new TextMaps(data)),
      m_title(makeHeading(QStringLiteral("attentionTitle"))),
      m_facts(makeFacts(QStringLiteral("attentionFacts"))),
      m_asRead(new QCheckBox(Text::tr("As it was &read, not chosen"))),
      m_withoutSink(new QCheckBox(Text::tr("Hide the first token (the &sink)"))),
      m_grid(new HeadGrid),
      m_gridArea(makeQuietArea(m_grid)),
      m_table(new QTableWidget),
      m_body(new QWidget),
      m_question(data, QStringLiteral("attention"), nullptr) {
  setUpTable();
  layOut();
  connect(&data.selection(), &Selection::changed, this, &AttentionView::showRow);
  connect(&m_question, &ViewQuestion::answered, this, &AttentionView::take);
  connect(m_asRead, &QCheckBox::toggled, this, &AttentionView::askAnew);
  connect(m_withoutSink, &QCheckBox::toggled, this, [this](bool hidden) {
    m_grid->setWithoutSink(hidden);
    showRow();
  });
  connect(&data, &ViewData::headNamesChanged, this, &AttentionView::showRow);
  connect(m_grid, &HeadGrid::headChosen, this,
          [this](int layer, int head) { this->data().selection().setHead(layer, head); });
  turn();
  start();
}

void AttentionView::setUpTable() {
  m_table->setObjectName(QStringLiteral("attentionTokens"));
  m_table->setAccessibleName(Text::tr("Tokens attended to"));
  setUpBarTable(*m_table, {Text::tr("Place"), Text::tr("Token"), Text::tr("Weight"), Text::tr("0 to 1")},
                kBar, {kToken, kBar});
}

void AttentionView::layOut() {
  m_asRead->setObjectName(QStringLiteral("attentionAsRead"));
  m_asRead->setAccessibleName(Text::tr("As it was read, not chosen"));
  m_asRead->setToolTip(
      Text::tr("A word is chosen at the token before it, and read when the next one is made"));
  m_withoutSink->setObjectName(QStringLiteral("attentionWithoutSink"));
  m_withoutSink->setAccessibleName(Text::tr("Hide the first token"));
  m_withoutSink->setToolTip(
      Text::tr("Heads that look for nothing look at the first token; the others share its part"));
  auto* body = makeBody(m_body);
  body->addWidget(m_asRead);
  body->addWidget(m_withoutSink);
  body->addWidget(m_gridArea, 1);
  body->addWidget(m_table, 1);
  auto* word = makeBody(m_word);
  word->addWidget(m_title);
  word->addWidget(m_facts);
  word->addWidget(new ProgressLine(m_question));
  word->addWidget(m_body, 1);
  word->addStretch(0);
  m_modes->setObjectName(QStringLiteral("attentionModes"));
  m_modes->setAccessibleName(Text::tr("One word or the whole text"));
  m_modes->setDrawBase(false);
  m_modes->setExpanding(false);
  m_modes->addTab(Text::tr("One word"));
  m_modes->addTab(Text::tr("Whole text"));
  connect(m_modes, &QTabBar::currentChanged, this, &AttentionView::turn);
  auto* column = makeColumn(this);
  column->addWidget(m_modes);
  column->addWidget(m_word, 1);
  column->addWidget(m_maps, 1);
}

void AttentionView::turn() {
  m_word->setVisible(!showsMaps());
  m_maps->setVisible(showsMaps());
  m_maps->setShown(isShown() && showsMaps());
  askSoon();
}

bool AttentionView::askAbout(const TokenRange& word, const StoredMessage& message) {
  QStringList names;
  const quint32 layers = data().model() ? data().model()->card.layers : 0;
  for (quint32 layer = 0; layer < layers; ++layer) names += QStringLiteral("blk.%1.attn.pattern").arg(layer);
  m_asking = {word, asRead(), message.tokens[word.first].text};
  return m_question.ask(word.message, word.first + (asRead() ? 1 : 0), recallOf(names));
}

void AttentionView::take(const Answer& answer) {
  if (!answer.error.isEmpty()) return showNothing(answer.error);
  const auto* recall = dynamic_cast<const Recall*>(answer.inquiry.get());
  auto attention = recall == nullptr ? std::nullopt : TokenAttention::from(answer.pieces, recall->captures());
  if (!attention) return showNothing(Text::tr("The device gave no attention of this token."));
  m_shown = m_asking;
  m_pieces = answer.pieces;
  m_promptTokens = static_cast<int>(answer.promptTokens);
  m_grid->setAttention(std::move(attention));
  m_gridArea->setMaximumHeight(m_grid->sizeHint().height());  // more would stay empty
  m_body->show();
  showRow();
}

void AttentionView::showNothing(const QString& why) {
  forgetWord();
  m_shown = {};
  m_question.drop();
  m_title->setText(Text::tr("No attention to show"));
  m_facts->setText(why);
  m_grid->setAttention({});
  Q_EMIT data().tokensWeighed({});
  m_table->setRowCount(0);
  m_body->hide();
}

void AttentionView::showRow() {
  const auto& attention = m_grid->attention();
  if (!attention) return;
  const Selection& selection = data().selection();
  const bool known = selection.layer() >= 0 && selection.layer() < attention->layers() &&
                     selection.head() >= 0 && selection.head() < attention->heads();
  const int layer = known ? selection.layer() : -1, head = known ? selection.head() : -1;
  m_grid->setCurrent(layer, head);
  const std::vector<float> row = attention->row(qMax(0, layer), head, m_withoutSink->isChecked());
  m_title->setText(head < 0
                       ? Text::tr("“%1”: mean of all heads").arg(tokenLabel(m_shown.text))
                       : Text::tr("“%1”: layer %2, head %3").arg(tokenLabel(m_shown.text)).arg(layer).arg(head) +
                             data().headNote(layer, head));
  m_facts->setText((m_shown.asRead ? Text::tr("What the model looked at when it read this word, %1 tokens.")
                                  : Text::tr("What the model looked at when it chose this word, %1 tokens."))
                       .arg(attention->tokens()) +
                   QLatin1Char(' ') +
                   Text::tr("Each strip is a head, first token to last; rows are layers. Click one."));
  Q_EMIT data().tokensWeighed(weightsByMessage(data(), m_shown.range.message, m_pieces, m_promptTokens, row));
  const std::vector<int> listed = heaviest(row, kListed, kLeastListed);
  m_table->setRowCount(static_cast<int>(listed.size()));
  for (int line = 0; line < static_cast<int>(listed.size()); ++line) {
    const int token = listed[line];
    m_table->setItem(line, kPosition, tableCell(QLocale().toString(token), Qt::AlignRight));
    m_table->setItem(line, kToken, tableCell(tokenLabel(attention->piece(token))));
    m_table->setItem(line, kWeight, tableCell(percentText(row[token]), Qt::AlignRight));
    m_table->setItem(line, kBar, barCell(percentText(row[token]), static_cast<double>(row[token])));
  }
}

}  // namespace

InspectorView* createAttentionView(ViewData& data, QWidget* parent) {
  return new AttentionView(data, parent);
}

}  // namespace cutaway
