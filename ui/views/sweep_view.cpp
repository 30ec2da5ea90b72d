// One edit after another, over all layers and positions or heads: what each does to the selected word.
#include <QCoreApplication>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <cmath>

#include "core/inspect/sweep.h"
#include "ui/chat/token_tip.h"
#include "ui/choice_box.h"
#include "ui/views/heatmap.h"
#include "ui/views/shown_text.h"
#include "ui/views/token_choice.h"
#include "ui/views/token_weights.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_table.h"
#include "ui/views/word_view.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(SweepView)
};

QString titleOf(SweepPart part) {
  switch (part) {
    case SweepPart::residual: return Text::tr("Residual stream by position");
    case SweepPart::attention: return Text::tr("Attention blocks by position");
    case SweepPart::feedForward: return Text::tr("Feed-forward blocks by position");
    case SweepPart::heads: return Text::tr("Heads by layer");
  }
  return {};
}

QString titleOf(SweepChange change) {
  switch (change) {
    case SweepChange::zero: return Text::tr("Set to zero");
    case SweepChange::mean: return Text::tr("Set to the mean over the text");
    case SweepChange::patch: return Text::tr("Patch from another question");
  }
  return {};
}

/// The same prompt with another message in place of the last one, token by token as the model reads it.
Result<std::vector<TokenId>> withOtherMessage(const Tokenizer& tokenizer, const std::vector<TokenId>& tokens,
                                              const std::string& message, const std::string& other) {
  std::string text;
  for (const TokenId token : tokens) text += tokenizer.piece(token, true);
  const std::size_t at = message.empty() ? std::string::npos : text.rfind(message);
  if (at == std::string::npos || tokenizer.encode(text, true, false) != tokens)
    return fail(ErrorKind::badInput, "the question cannot be told apart in what the model read; patching works in the "
                "command line: cutaway-cli sweep --change patch --clean");
  text.replace(at, message.size(), other);
  return tokenizer.encode(text, true, false);
}

class SweepView : public WordView {
 public:
  SweepView(ViewData& data, QWidget* parent);
  QString csv() const override { return m_found == nullptr ? QString() : m_map->csv(); }

 protected:
  bool askAbout(const TokenRange& word, const StoredMessage& message) override;
  void showNothing(const QString& why) override;

 private:
  void setUp();
  void layOut();
  void sweep();
  void take(const Answer& answer);
  void showMap();
  QString watched() const;  ///< in words, with its value
  void chooseCell(int row, int column);
  void showPosition(int position);
  int layerOf(int row) const { return m_layers.value(row, -1); }

  QLabel *m_title, *m_facts;
  ChoiceBox *m_part, *m_change;
  TokenChoice* m_against;
  QLineEdit* m_clean;
  QPushButton* m_run;
  Heatmap* m_map;
  ViewQuestion m_question;
  TokenRange m_word, m_sweptWord;  ///< the selected one, and that of the map
  QString m_wordText, m_userText, m_swept, m_other;
  TokenId m_token = -1;
  QVector<int> m_layers;  ///< by row; -1: the embedding
  ShownText m_text;
  std::shared_ptr<const Sweep> m_found;
};

SweepView::SweepView(ViewData& data, QWidget* parent)
    : WordView(data, parent, Follows::selected),
      m_title(makeHeading(QStringLiteral("sweepTitle"))),
      m_facts(makeFacts(QStringLiteral("sweepFacts"))),
      m_part(new ChoiceBox),
      m_change(new ChoiceBox),
      m_against(new TokenChoice(QStringLiteral("sweepAgainst"), Text::tr("Watch its log-probability"))),
      m_clean(new QLineEdit),
      m_run(new QPushButton(Text::tr("&Sweep"))),
      m_map(new Heatmap),
      m_question(data, QStringLiteral("sweep"), nullptr) {
  setUp();
  layOut();
  connect(m_change, &QComboBox::currentIndexChanged, this,
          [this](int index) { m_clean->setVisible(static_cast<SweepChange>(index) == SweepChange::patch); });
  connect(m_run, &QPushButton::clicked, this, &SweepView::sweep);
  connect(m_clean, &QLineEdit::returnPressed, this, &SweepView::sweep);
  connect(&m_question, &ViewQuestion::answered, this, &SweepView::take);
  connect(m_map, &Heatmap::chosen, this, &SweepView::chooseCell);
  start();
}

void SweepView::setUp() {
  m_part->setObjectName(QStringLiteral("sweepPart"));
  m_part->setAccessibleName(Text::tr("What is edited"));
  for (const SweepPartInfo& info : sweepParts()) m_part->addItem(titleOf(info.part));
  m_part->setCurrentIndex(static_cast<int>(SweepPart::heads));
  m_change->setObjectName(QStringLiteral("sweepChange"));
  m_change->setAccessibleName(Text::tr("How it is edited"));
  for (const SweepChangeInfo& info : sweepChanges()) m_change->addItem(titleOf(info.change));
  m_clean->setObjectName(QStringLiteral("sweepClean"));
  m_clean->setAccessibleName(Text::tr("The other question"));
  m_clean->setPlaceholderText(Text::tr("The question with words swapped for others of as many tokens"));
  m_clean->hide();
  m_against->setAccessibleName(Text::tr("What is watched"));
  m_against->setOffer(Text::tr("Watch its lead over “%1”"), Text::tr("Watch its lead over another token…"));
  m_run->setObjectName(QStringLiteral("sweepRun"));
  m_map->setObjectName(QStringLiteral("sweepMap"));
  m_map->setAccessibleName(Text::tr("Effect of every edit on the word"));
  m_map->hide();
  for (ChoiceBox* box : {m_part, m_change}) box->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}

void SweepView::layOut() {
  auto* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(m_part);
  column->addWidget(m_change);
  column->addWidget(m_clean);
  column->addWidget(m_against);
  column->addWidget(m_run);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_map, 1);
  column->addStretch(0);
}

/// Nothing runs until the button is pressed: a sweep is hundreds of readings. A map stays while other words are selected, so that
/// its cells can be clicked.
bool SweepView::askAbout(const TokenRange& word, const StoredMessage& message) {
  const StoredMessage* user = data().message(message.parent);
  const ChatToken& token = message.tokens[word.first];
  if (word != m_word) m_against->offer(token);
  m_word = word;
  m_token = token.id;
  m_wordText = token.text;
  m_userText = user == nullptr ? QString() : user->text;
  if (m_found == nullptr) {
    m_title->setText(Text::tr("What would change “%1”?").arg(tokenLabel(m_wordText)));
    m_facts->setText(Text::tr("Every part is edited once, and the word's log-probability is read each time."));
  }
  m_run->setText(Text::tr("&Sweep for “%1”").arg(tokenLabel(m_wordText)));
  m_run->setEnabled(m_token >= 0);
  return true;
}

void SweepView::showNothing(const QString& why) {
  m_question.drop();
  m_found = nullptr;
  m_word = {};
  m_title->setText(Text::tr("No word to sweep for"));
  m_facts->setText(why);
  m_map->setData({});
  m_map->hide();
  m_run->setText(Text::tr("&Sweep"));
  m_run->setEnabled(false);
}

void SweepView::sweep() {
  if (m_word.isEmpty()) return;
  Sweep::Question question;
  question.part = static_cast<SweepPart>(m_part->currentIndex());
  question.change = static_cast<SweepChange>(m_change->currentIndex());
  question.token = m_token;
  const auto make = [question, against = m_against->text().toStdString(), user = m_userText.toStdString(),
                     other = m_clean->text().toStdString()](
                        const Model& model, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    Sweep::Question asked = question;
    if (!against.empty()) asked.against = TRY(tokenOfText(*model.description->tokenizer, against));
    if (asked.change == SweepChange::patch)
      asked.clean = TRY(withOtherMessage(*model.description->tokenizer, tokens, user, other));
    return Sweep::create(model, std::move(tokens), asked);
  };
  if (!m_question.ask(m_word.message, m_word.first, make))
    return showNothing(Text::tr("A model must be loaded to look inside it."));
  m_sweptWord = m_word;
  m_swept = tokenLabel(m_wordText);
  m_other = tokenLabel(m_against->text());
  m_found = nullptr;
  m_map->hide();
  m_title->setText(Text::tr("What would change “%1”?").arg(m_swept));
  m_facts->setText(Text::tr("Sweeping."));
}

void SweepView::take(const Answer& answer) {
  if (!answer.error.isEmpty()) return m_facts->setText(answer.error);
  m_found = std::dynamic_pointer_cast<const Sweep>(answer.inquiry);
  if (m_found == nullptr) return m_facts->setText(Text::tr("The device gave no answer."));
  m_text = ShownText::of(answer, m_sweptWord.message);
  showMap();
  m_facts->setText(Text::tr("Change of %1. Rows are layers. Click a cell to select what it edited.").arg(watched()));
}

QString SweepView::watched() const {
  const auto nats = [](double value) { return QLocale().toString(value, 'f', 2); };
  QString text = m_other.isEmpty() ? Text::tr("the log-probability of “%1”, %2 nats").arg(m_swept, nats(m_found->base()))
                                   : Text::tr("the lead of “%1” over “%2”, %3 nats").arg(m_swept, m_other, nats(m_found->base()));
  if (!std::isnan(m_found->clean())) text += Text::tr(" (in the other text %1)").arg(nats(m_found->clean()));
  return text;
}

void SweepView::showMap() {
  const bool heads = m_found->question().part == SweepPart::heads;
  Heatmap::Data map;
  map.rows = static_cast<int>(m_found->values().size());
  map.columns = static_cast<int>(m_found->columns());
  m_layers.clear();
  const int before = map.rows - (data().model() ? static_cast<int>(data().model()->card.layers) : map.rows);
  for (int row = 0; row < map.rows; ++row) {
    m_layers += row - before;
    map.rowLabels += row < before ? Text::tr("embedding") : QString::number(row - before);
  }
  for (int column = 0; column < map.columns; ++column)
    map.columnLabels += heads ? QString::number(column) : m_text.label(column);
  for (const double effect : m_found->effects()) map.values.push_back(static_cast<float>(effect));
  map.title = m_other.isEmpty() ? Text::tr("change of ln p") : Text::tr("change of the lead");
  map.diverging = true;
  m_map->setData(std::move(map));
  m_map->show();
}

void SweepView::chooseCell(int row, int column) {
  if (m_found == nullptr) return;
  const bool heads = m_found->question().part == SweepPart::heads;
  data().selection().setHead(layerOf(row), heads ? column : -1);
  if (!heads) showPosition(column);
}

/// A token of the answer is selected; one of the prompt, which cannot be, is tinted in the chat.
void SweepView::showPosition(int position) {
  const TokenRange word = m_text.rangeAt(data(), position);
  if (!word.isEmpty()) data().selection().setTokens(word);
  std::vector<float> row(static_cast<std::size_t>(m_text.size()));
  if (word.isEmpty() && position >= 0 && position < m_text.size()) row[static_cast<std::size_t>(position)] = 1;
  Q_EMIT data().tokensWeighed(weightsByMessage(data(), m_text.message, m_text.pieces, m_text.promptTokens, row));
}

}  // namespace

InspectorView* createSweepView(ViewData& data, QWidget* parent) { return new SweepView(data, parent); }

}  // namespace cutaway
