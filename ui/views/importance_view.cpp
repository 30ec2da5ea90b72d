// Which earlier tokens the selected word depended on, by several methods that check each other, and the answer without
// one of them.
#include <QCoreApplication>
#include <QPushButton>
#include <QScrollBar>
#include <algorithm>
#include <cmath>

#include "core/inspect/continuation.h"
#include "core/inspect/importance.h"
#include "ui/chat/token_tip.h"
#include "ui/choice_box.h"
#include "ui/views/bar_table.h"
#include "ui/views/heatmap.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"
#include "ui/views/word_view.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(ImportanceView)
};

constexpr std::uint32_t kLongText = 512;     ///< tokens from which on only spans are left out
constexpr std::uint32_t kRetryTokens = 60;   ///< of the answer without a word

enum Column { kPlace, kToken, kScore, kBar };

QString nameOf(ImportanceMethod method) {
  switch (method) {
    case ImportanceMethod::rollout: return Text::tr("Attention rollout");
    case ImportanceMethod::movedNorm: return Text::tr("Weighted values");
    case ImportanceMethod::leaveOneOut: return Text::tr("Leave one out");
    case ImportanceMethod::spans: return Text::tr("Leave spans out");
  }
  return {};
}

/// Without the minus that rounding would leave on a zero.
QString numberText(double value) { return QLocale().toString(std::abs(value) < 0.005 ? 0.0 : value, 'f', 2); }

class ImportanceView : public WordView {
 public:
  ImportanceView(ViewData& data, QWidget* parent);
  QString csv() const override { return m_found == nullptr ? QString() : m_map->csv(); }

 protected:
  bool askAbout(const TokenRange& word, const StoredMessage& message) override;
  void showNothing(const QString& why) override;

 private:
  void setUp();
  void layOut();
  void take(const Answer& answer);
  void takeRetry(const Answer& answer);
  void showFound();
  void fillMap();
  void fillTable();
  QString agreementText() const;
  QString lossText() const;
  const Importance::Method& method() const;
  void choose(int token);
  void retry();
  std::pair<int, int> wordAround(int token) const;

  QLabel *m_title, *m_facts, *m_checks, *m_retried;
  ChoiceBox* m_method;
  Heatmap* m_map;
  QTableWidget* m_table;
  QPushButton* m_retry;
  QWidget* m_body;
  ViewQuestion m_question, m_retryQuestion;
  QString m_word, m_removed;
  int m_chosen = -1;  ///< token of the text
  QStringList m_pieces;
  std::shared_ptr<const Importance> m_found;
};

ImportanceView::ImportanceView(ViewData& data, QWidget* parent)
    : WordView(data, parent, Follows::selected),
      m_title(makeHeading(QStringLiteral("importanceTitle"))),
      m_facts(makeFacts(QStringLiteral("importanceFacts"))),
      m_checks(makeFacts(QStringLiteral("importanceChecks"))),
      m_retried(makeFacts(QStringLiteral("importanceRetried"))),
      m_method(new ChoiceBox),
      m_map(new Heatmap),
      m_table(new QTableWidget),
      m_retry(new QPushButton(Text::tr("&Remove that word and retry"))),
      m_body(new QWidget),
      m_question(data, QStringLiteral("importance"), nullptr),
      m_retryQuestion(data, QStringLiteral("importance-retry"), nullptr) {
  setUp();
  layOut();
  connect(&m_question, &ViewQuestion::answered, this, &ImportanceView::take);
  connect(&m_question, &ViewQuestion::dropped, this, [this] {
    forgetWord();
    m_facts->setText(Text::tr("Stopped. Choose a word to begin again."));
  });
  connect(&m_retryQuestion, &ViewQuestion::answered, this, &ImportanceView::takeRetry);
  connect(m_method, &QComboBox::activated, this, &ImportanceView::showFound);
  connect(m_map, &Heatmap::chosen, this, [this](int row, int column) {
    if (row >= 0) m_method->setCurrentIndex(row);
    choose(column);
    showFound();
  });
  connect(m_table, &QTableWidget::itemSelectionChanged, this, [this] {
    const QTableWidgetItem* item = m_table->item(m_table->currentRow(), kPlace);
    if (item != nullptr && !m_table->selectedItems().isEmpty()) choose(item->data(Qt::UserRole).toInt());
  });
  connect(m_retry, &QPushButton::clicked, this, &ImportanceView::retry);
  start();
}

void ImportanceView::setUp() {
  m_method->setObjectName(QStringLiteral("importanceMethod"));
  m_method->setAccessibleName(Text::tr("Method"));
  m_map->setObjectName(QStringLiteral("importanceMap"));
  m_map->setAccessibleName(Text::tr("Importance of every token by every method"));
  m_table->setObjectName(QStringLiteral("importanceTokens"));
  m_table->setAccessibleName(Text::tr("Tokens by importance"));
  setUpBarTable(*m_table, {Text::tr("Place"), Text::tr("Token"), Text::tr("Score"), Text::tr("Size")}, kBar,
                {kToken, kBar});
  m_retry->setObjectName(QStringLiteral("importanceRetry"));
  m_retry->setToolTip(Text::tr("Writes the answer again without the chosen word, here and not in the chat"));
}

void ImportanceView::layOut() {
  auto* body = makeBody(m_body);
  body->addWidget(m_map);
  body->addWidget(m_method);
  body->addWidget(m_table, 1);
  body->addWidget(m_retry);
  body->addWidget(new ProgressLine(m_retryQuestion));
  body->addWidget(m_retried);
  body->addWidget(m_checks);
  auto* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_body, 1);
  column->addStretch(0);
}

bool ImportanceView::askAbout(const TokenRange& word, const StoredMessage& message) {
  showNothing(Text::tr("The text is read again without one part after another."));
  m_word = message.tokens[word.first].text;
  m_title->setText(Text::tr("What “%1” depended on").arg(tokenLabel(m_word)));
  const auto make = [id = message.tokens[word.first].id](
                        const Model& model, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    Importance::Question question{.word = id};
    question.leaveOneOut = tokens.size() < kLongText;
    return Importance::create(model, std::move(tokens), question);
  };
  return m_question.ask(word.message, word.first, make);
}

void ImportanceView::take(const Answer& answer) {
  if (!answer.error.isEmpty()) return showNothing(answer.error);
  m_found = std::dynamic_pointer_cast<const Importance>(answer.inquiry);
  if (m_found == nullptr) return showNothing(Text::tr("The device gave no answer."));
  m_pieces = answer.pieces;
  m_method->clear();
  int best = 0;
  for (const Importance::Method& method : m_found->methods()) {
    if (method.method == ImportanceMethod::leaveOneOut) best = m_method->count();
    m_method->addItem(nameOf(method.method));
  }
  m_method->setCurrentIndex(best);
  m_body->show();
  showFound();
  m_table->selectRow(0);
}

void ImportanceView::showNothing(const QString& why) {
  m_question.drop();
  m_retryQuestion.drop();
  m_found = nullptr;
  m_chosen = -1;
  m_title->setText(Text::tr("No word to explain"));
  m_facts->setText(why);
  m_retried->hide();
  m_map->setData({});
  m_table->setRowCount(0);
  m_body->hide();
}

const Importance::Method& ImportanceView::method() const {
  const auto last = m_found->methods().size() - 1;
  return m_found->methods()[std::min(last, static_cast<std::size_t>(qMax(0, m_method->currentIndex())))];
}

void ImportanceView::showFound() {
  if (m_found == nullptr) return;
  m_title->setText(Text::tr("What “%1” depended on").arg(tokenLabel(m_word)));
  m_facts->setText(
      Text::tr("Its probability was %1. Methods disagree: trust what several of them say, and what the last lines confirm.")
          .arg(percentText(static_cast<float>(std::exp(m_found->logProbability())))));
  fillMap();
  fillTable();
  m_checks->setText(agreementText() + QLatin1Char('\n') + lossText());
}

/// A row per method, each as shares of its largest score: their units differ.
void ImportanceView::fillMap() {
  Heatmap::Data map;
  map.rows = static_cast<int>(m_found->methods().size());
  map.columns = static_cast<int>(m_pieces.size());
  for (const Importance::Method& method : m_found->methods()) {
    map.rowLabels += nameOf(method.method);
    double most = 0;
    for (const double score : method.scores) most = std::max(most, std::abs(score));
    for (const double score : method.scores) map.values.push_back(static_cast<float>(most > 0 ? score / most : 0));
  }
  for (const QString& piece : m_pieces) map.columnLabels += tokenLabel(piece);
  map.title = Text::tr("share of the method's largest");
  map.diverging = true;
  m_map->setData(std::move(map));
  m_map->setCurrent(m_method->currentIndex(), m_chosen);
  m_map->setMinimumHeight(m_map->sizeHint().height() + m_map->horizontalScrollBar()->sizeHint().height());
}

void ImportanceView::fillTable() {
  const QSignalBlocker quiet(m_table);
  const std::vector<double>& scores = method().scores;
  std::vector<int> order(scores.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  const auto score = [&](int token) { return scores[static_cast<std::size_t>(token)]; };
  std::ranges::stable_sort(order, std::greater<>(), score);
  double most = 0;
  for (const double one : scores) most = std::max(most, std::abs(one));
  m_table->setRowCount(static_cast<int>(order.size()));
  const bool nats = importanceMethods()[static_cast<std::size_t>(method().method)].occludes;
  for (int line = 0; line < m_table->rowCount(); ++line) {
    const int token = order[static_cast<std::size_t>(line)];
    const QString text = nats ? numberText(score(token)) : percentText(static_cast<float>(score(token)));
    QTableWidgetItem* place = tableCell(QLocale().toString(token), Qt::AlignRight);
    place->setData(Qt::UserRole, token);
    m_table->setItem(line, kPlace, place);
    m_table->setItem(line, kToken, tableCell(tokenLabel(m_pieces.value(token))));
    m_table->setItem(line, kScore, tableCell(text, Qt::AlignRight));
    m_table->setItem(line, kBar, barCell(text, most > 0 ? qMax(0.0, score(token)) / most : 0));
  }
}

QString ImportanceView::agreementText() const {
  QString text = Text::tr("How alike methods rank the tokens (Spearman; random rankings stay within %1):")
                     .arg(numberText(m_found->randomBand().spearman));
  for (std::size_t a = 0; a < m_found->methods().size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      text += QStringLiteral("\n   %1   %2, %3")
                  .arg(numberText(m_found->agreement(a, b).spearman), nameOf(m_found->methods()[b].method),
                       nameOf(m_found->methods()[a].method));
  return text;
}

QString ImportanceView::lossText() const {
  const quint32 count = m_found->topTokens();
  QString text = count == 1 ? Text::tr("What the word's log-probability loses without the first token of each:")
                            : Text::tr("What the word's log-probability loses without the first %1 tokens of each:").arg(count);
  for (const Importance::Method& method : m_found->methods())
    text += QStringLiteral("\n   %1   %2").arg(numberText(method.topLoss), nameOf(method.method));
  if (m_found->randomLosses().empty()) return text;
  return text + QStringLiteral("\n   ") +
         Text::tr("%1 to %2   random tokens")
             .arg(numberText(m_found->randomLosses().front()), numberText(m_found->randomLosses().back()));
}

/// Tokens from the one that begins with white space to the one before the next such.
std::pair<int, int> ImportanceView::wordAround(int token) const {
  const auto begins = [this](int at) { return m_pieces[at].isEmpty() || m_pieces[at][0].isSpace() || m_pieces[at][0] == QLatin1Char('<'); };
  const auto isPart = [this, &begins](int at) { return !begins(at) && m_pieces[at][0].isLetterOrNumber(); };
  int first = token, end = token + 1;
  while (first > 0 && isPart(first)) --first;
  while (end < m_pieces.size() && isPart(end)) ++end;
  return {first, end};
}

void ImportanceView::choose(int token) {
  m_chosen = token >= 0 && token < m_pieces.size() ? token : -1;
  m_retry->setEnabled(m_chosen >= 0);
  m_map->setCurrent(m_method->currentIndex(), m_chosen);
}

void ImportanceView::retry() {
  if (m_found == nullptr || m_chosen < 0) return;
  const auto [first, end] = wordAround(m_chosen);
  m_removed = tokenLabel(m_pieces.mid(first, end - first).join(QString()));
  m_retried->setText(Text::tr("Writing the answer without “%1” …").arg(m_removed));
  const auto all = m_found->tokens();
  std::vector<TokenId> kept(all.begin(), all.begin() + first);
  kept.insert(kept.end(), all.begin() + end, all.end());
  m_retried->show();
  m_retryQuestion.ask(asked().message, asked().first,
                      [kept](const Model&, std::vector<TokenId>) -> Result<std::unique_ptr<Inquiry>> {
                        return Continuation::create(kept, kRetryTokens);
                      });
}

void ImportanceView::takeRetry(const Answer& answer) {
  if (!answer.error.isEmpty()) return m_retried->setText(answer.error);
  const auto* written = dynamic_cast<const Continuation*>(answer.inquiry.get());
  if (written == nullptr) return m_retried->hide();
  m_retried->setText(
      Text::tr("Without “%1” it goes on:\n%2").arg(m_removed, QString::fromStdString(written->text())));
}

}  // namespace

InspectorView* createImportanceView(ViewData& data, QWidget* parent) { return new ImportanceView(data, parent); }

}  // namespace cutaway
