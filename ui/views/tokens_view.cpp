// The hovered or selected token: how likely it was, how sure the model was, and what else it considered. Of the selected one
// also what every stage of the sampler left, the rank of any word, and a branch that goes on from another word.
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <algorithm>
#include <cmath>

#include "core/inspect/next_token.h"
#include "ui/chat/token_tip.h"
#include "ui/engine/answer_settings.h"
#include "ui/theme.h"
#include "ui/views/bar_table.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"
#include "ui/views/word_view.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(TokensView)
};

enum Column { kRank, kToken, kProbability, kLogProbability, kBar, kFirstStage };
constexpr int kListed = 40;   ///< tokens of the whole distribution
constexpr int kWhole = 0;     ///< stage: the model's own distribution, which has columns of its own

QString stageName(const char* name) {
  static const QMap<QByteArray, QString> kNames{
      {"penalties", Text::tr("Penalties")}, {"top-k", Text::tr("Top-k")}, {"temperature", Text::tr("Temperature")},
      {"top-p", Text::tr("Top-p")},         {"min-p", Text::tr("Min-p")}, {"greedy", Text::tr("Greedy")}};
  return kNames.value(name, QString::fromLatin1(name));
}


/// Without the minus that rounding would leave on a certainty's zero.
QString logText(float p) {
  const double value = std::round(std::log(static_cast<double>(p)) * 100) / 100;
  return QLocale().toString(value == 0 ? 0.0 : value, 'f', 2);
}

/// How many tokens the model held more likely, plus one; only those that were kept are known.
QString rankText(const ChatToken& token) {
  const auto chosen =
      std::ranges::find(token.alternatives, token.probability, &TokenAlternative::probability);
  if (chosen != token.alternatives.end())
    return Text::tr("rank %1").arg(chosen - token.alternatives.begin() + 1);
  return Text::tr("rank beyond %1").arg(token.alternatives.size());
}

/// A token without text of its own (the end of the answer) is known by its name among the alternatives.
QString tokenName(const ChatToken& token) {
  if (!token.text.isEmpty()) return token.text;
  for (const TokenAlternative& other : token.alternatives) {
    if (other.probability == token.probability) return other.text;
  }
  return {};
}

class TokensView : public WordView {
 public:
  TokensView(ViewData& data, QWidget* parent);
  QString csv() const override { return m_table->rowCount() == 0 ? QString() : csvOf(*m_table); }

 protected:
  bool askAbout(const TokenRange& word, const StoredMessage& message) override;
  void showNothing(const QString& why) override;

 private:
  void layOut();
  void update();
  void showToken(const ChatToken& token, int place);
  void setStages(const QStringList& names);
  void addRow(int row, const QString& text, float probability, bool chosen);
  void take(const Answer& answer);
  void addStages();
  void lookUp();
  void updateBranch();
  void branch();
  const NextToken* known() const;

  QLabel *m_title, *m_facts, *m_found;
  QTableWidget* m_table;
  QLineEdit* m_word;
  QPushButton* m_branch;
  QWidget* m_more;
  ViewQuestion m_question;
  std::shared_ptr<const Answer> m_answer;  ///< about m_range
  TokenRange m_range;
};

TokensView::TokensView(ViewData& data, QWidget* parent)
    : WordView(data, parent, Follows::selected),
      m_title(makeHeading(QStringLiteral("tokenTitle"))),
      m_facts(makeFacts(QStringLiteral("tokenFacts"))),
      m_found(makeFacts(QStringLiteral("tokenFound"))),
      m_table(new QTableWidget(this)),
      m_word(new QLineEdit),
      m_branch(new QPushButton(Text::tr("Continue from this word"))),
      m_more(new QWidget),
      m_question(data, QStringLiteral("tokens"), nullptr) {
  layOut();
  connect(&m_question, &ViewQuestion::answered, this, &TokensView::take);
  connect(m_word, &QLineEdit::textChanged, this, &TokensView::lookUp);
  connect(m_branch, &QPushButton::clicked, this, &TokensView::branch);
  connect(m_table, &QTableWidget::itemActivated, this, &TokensView::branch);
  connect(m_table, &QTableWidget::itemSelectionChanged, this, &TokensView::updateBranch);
  Selection& selection = this->data().selection();
  connect(&selection, &Selection::changed, this, &TokensView::update);
  connect(&selection, &Selection::hoverChanged, this, &TokensView::update);
  connect(&data, &ViewData::messageChanged, this, [this](qint64 id) {
    if (id == this->data().selection().shown().message) update();
  });
  start();
  update();
}

void TokensView::layOut() {
  m_table->setObjectName(QStringLiteral("tokenAlternatives"));
  m_table->setAccessibleName(Text::tr("Alternatives of the token"));
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + Theme::kGrid / 2);
  setStages({});
  m_word->setObjectName(QStringLiteral("tokenWord"));
  m_word->setAccessibleName(Text::tr("A word to look up"));
  m_word->setPlaceholderText(Text::tr("Look up any word, with its space in front"));
  m_branch->setObjectName(QStringLiteral("tokenBranch"));
  m_branch->setToolTip(Text::tr("Writes another version of the answer, with the marked word in this place"));
  auto* row = new QHBoxLayout;
  row->setSpacing(Theme::kGrid);
  row->addWidget(m_word, 1);
  row->addWidget(m_branch);
  QVBoxLayout* more = makeBody(m_more);
  more->addLayout(row);
  more->addWidget(m_found);
  QVBoxLayout* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_table, 1);
  column->addWidget(m_more);
  column->addStretch(0);
}

/// The whole distribution of the selected token, once it is there.
const NextToken* TokensView::known() const {
  const bool same = m_answer && m_range == data().selection().shown();
  return same ? static_cast<const NextToken*>(m_answer->inquiry.get()) : nullptr;
}

void TokensView::setStages(const QStringList& names) {
  setUpBarTable(*m_table,
                QStringList{Text::tr("Rank"), Text::tr("Token"), Text::tr("Probability"), Text::tr("ln p"), Text::tr("0 to 1")} + names,
                kBar, {kToken, kBar});
  if (!names.isEmpty()) {
    m_table->horizontalHeader()->setSectionResizeMode(kBar, QHeaderView::Fixed);
    m_table->setColumnWidth(kBar, Theme::kGrid * 6);
  }
}

void TokensView::update() {
  const TokenRange range = data().selection().shown();
  if (range.isEmpty())
    return showNothing(Text::tr("Point at a word of an answer, or click it to keep it here."));
  const StoredMessage* message = data().message(range.message);
  if (message == nullptr || range.first >= message->tokens.size()) {
    return showNothing(Text::tr("Nothing is known of this token."));
  }
  showToken(message->tokens[range.first], range.first);
}

void TokensView::showNothing(const QString& why) {
  m_title->setText(Text::tr("No token selected"));
  m_facts->setText(why);
  m_table->hide();
  m_table->setRowCount(0);
  m_more->hide();
}

void TokensView::showToken(const ChatToken& token, int place) {
  m_title->setText(Text::tr("Token %1: “%2”").arg(place + 1).arg(tokenLabel(tokenName(token))));
  m_facts->setText(
      Text::tr("Probability %1   ln p %2   %3   entropy %4 nats   id %5\nProbabilities are the model's own, "
               "before any sampler.")
          .arg(percentText(token.probability), logText(token.probability), rankText(token),
               QLocale().toString(static_cast<double>(token.entropy), 'f', 2))
          .arg(token.id));
  m_more->setVisible(known() != nullptr);
  if (const NextToken* next = known()) {
    const auto& top = next->stages().at(kWhole).top;
    const int rows = qMin(kListed, static_cast<int>(top.size()));
    m_table->setRowCount(rows);
    for (int row = 0; row < rows; ++row) addRow(row, m_answer->text(top[row].token), top[row].probability, top[row].token == token.id);
    return addStages();
  }
  if (m_table->columnCount() > kFirstStage) setStages({});
  m_table->setRowCount(static_cast<int>(token.alternatives.size()));
  bool marked = false;
  for (int row = 0; row < token.alternatives.size(); ++row) {
    const TokenAlternative& other = token.alternatives[row];
    const bool chosen = !marked && other.probability == token.probability;
    marked = marked || chosen;
    addRow(row, other.text, other.probability, chosen);
  }
  m_table->setVisible(!token.alternatives.isEmpty());
}

void TokensView::addRow(int row, const QString& text, float probability, bool chosen) {
  QTableWidgetItem* name = tableCell(tokenLabel(text));
  if (chosen) {
    QFont font = m_table->font();
    font.setWeight(QFont::DemiBold);
    name->setFont(font);
    name->setToolTip(Text::tr("The token that was chosen"));
    name->setData(Qt::AccessibleTextRole, Text::tr("%1, chosen").arg(text));
  }
  m_table->setItem(row, kRank, tableCell(QLocale().toString(row + 1), Qt::AlignRight));
  m_table->setItem(row, kToken, name);
  m_table->setItem(row, kProbability, tableCell(percentText(probability), Qt::AlignRight));
  m_table->setItem(row, kLogProbability, tableCell(logText(probability), Qt::AlignRight));
  m_table->setItem(row, kBar, barCell(percentText(probability), static_cast<double>(probability)));
}

bool TokensView::askAbout(const TokenRange& word, const StoredMessage& message) {
  const SamplerSettings settings = samplerOf(message.settings).value_or(SamplerSettings());
  const auto make = [settings](const Model&, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    return std::make_unique<NextToken>(std::move(tokens), settings);
  };
  return m_question.ask(word.message, word.first, make);
}

/// Where it fails, what was stored with the answer stays.
void TokensView::take(const Answer& answer) {
  if (dynamic_cast<const NextToken*>(answer.inquiry.get()) == nullptr) return;
  m_answer = std::make_shared<const Answer>(answer);
  m_range = asked();
  update();
}

/// A column per stage: the share of each token among those that are left, or nothing.
void TokensView::addStages() {
  const auto& stages = known()->stages();
  QStringList names;
  for (std::size_t i = kWhole + 1; i < stages.size(); ++i) names += stageName(stages[i].name);
  setStages(names);
  for (int row = 0; row < m_table->rowCount(); ++row) {
    const TokenId token = stages.at(kWhole).top[static_cast<std::size_t>(row)].token;
    for (std::size_t i = kWhole + 1; i < stages.size(); ++i) {
      const auto entry = std::ranges::find(stages[i].top, token, &SamplerStage::Entry::token);
      const QString text = entry == stages[i].top.end() ? QStringLiteral("–") : percentText(entry->probability);
      m_table->setItem(row, kFirstStage + static_cast<int>(i) - 1, tableCell(text, Qt::AlignRight));
    }
  }
  for (std::size_t i = kWhole + 1; i < stages.size(); ++i)
    m_table->horizontalHeaderItem(kFirstStage + static_cast<int>(i) - 1)
        ->setToolTip(Text::tr("%1 tokens are left").arg(QLocale().toString(static_cast<qulonglong>(stages[i].count))));
  m_table->setVisible(m_table->rowCount() > 0);
  lookUp();
  updateBranch();
}

void TokensView::lookUp() {
  const NextToken* next = known();
  const std::vector<TokenId> tokens = next != nullptr ? m_answer->encode(m_word->text()) : std::vector<TokenId>();
  m_found->setVisible(!tokens.empty());
  if (tokens.empty()) return;
  const float logProbability = next->logProbability(tokens.front());
  m_found->setText(Text::tr("“%1”: %2, ln p %3, rank %4%5")
                       .arg(tokenLabel(m_answer->text(tokens.front())), percentText(std::exp(logProbability)),
                            QLocale().toString(static_cast<double>(logProbability), 'f', 2), QLocale().toString(next->rank(tokens.front())),
                            tokens.size() > 1 ? Text::tr("; the first of %1 tokens").arg(tokens.size()) : QString()));
}

void TokensView::updateBranch() { m_branch->setEnabled(known() != nullptr && m_table->currentRow() >= 0); }

void TokensView::branch() {
  const NextToken* next = known();
  const int row = m_table->currentRow();
  if (next == nullptr || row < 0 || row >= m_table->rowCount()) return;
  const auto& top = next->stages().at(kWhole).top;
  const auto entry = top[static_cast<std::size_t>(row)];
  ChatToken other;
  other.id = entry.token;
  other.text = m_answer->text(entry.token);
  other.probability = entry.probability;
  other.entropy = next->row().entropy;
  for (std::size_t i = 0; i < std::min<std::size_t>(top.size(), 10); ++i)
    other.alternatives.append({m_answer->text(top[i].token), top[i].probability});
  Q_EMIT data().branchWanted(m_range.message, m_range.first, other);
}

}  // namespace

InspectorView* createTokensView(ViewData& data, QWidget* parent) { return new TokensView(data, parent); }

}  // namespace cutaway
