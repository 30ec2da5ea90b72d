// The hovered or selected token: how likely it was, how sure the model was, and what else it considered.
#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "ui/chat/token_tip.h"
#include "ui/theme.h"
#include "ui/views/bar_table.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(TokensView)
};

enum Column { kRank, kToken, kProbability, kLogProbability, kBar };

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

class TokensView : public InspectorView {
 public:
  TokensView(ViewData& data, QWidget* parent);
  QString csv() const override { return m_table->rowCount() == 0 ? QString() : csvOf(*m_table); }

 private:
  void update();
  void showNothing(const QString& why);
  void showToken(const ChatToken& token, int place);
  void addRow(int row, const QString& text, float probability, bool chosen);

  QLabel* m_title;
  QLabel* m_facts;
  QTableWidget* m_table;
};

TokensView::TokensView(ViewData& data, QWidget* parent)
    : InspectorView(data, parent),
      m_title(makeHeading(QStringLiteral("tokenTitle"))),
      m_facts(makeFacts(QStringLiteral("tokenFacts"))),
      m_table(new QTableWidget(this)) {
  m_table->setObjectName(QStringLiteral("tokenAlternatives"));
  m_table->setAccessibleName(Text::tr("Alternatives of the token"));
  setUpBarTable(
      *m_table,
      {Text::tr("Rank"), Text::tr("Token"), Text::tr("Probability"), Text::tr("ln p"), Text::tr("0 to 1")},
      kBar, {kToken, kBar});
  QVBoxLayout* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(m_table, 1);
  column->addStretch(0);
  Selection& selection = this->data().selection();
  connect(&selection, &Selection::changed, this, &TokensView::update);
  connect(&selection, &Selection::hoverChanged, this, &TokensView::update);
  connect(&data, &ViewData::messageChanged, this, [this](qint64 id) {
    if (id == this->data().selection().shown().message) update();
  });
  update();
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
}

void TokensView::showToken(const ChatToken& token, int place) {
  m_title->setText(Text::tr("Token %1: “%2”").arg(place + 1).arg(tokenLabel(tokenName(token))));
  m_facts->setText(
      Text::tr("Probability %1   ln p %2   %3   entropy %4 nats   id %5\nProbabilities are the model's own, "
               "before any sampler.")
          .arg(percentText(token.probability), logText(token.probability), rankText(token),
               QLocale().toString(static_cast<double>(token.entropy), 'f', 2))
          .arg(token.id));
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

}  // namespace

InspectorView* createTokensView(ViewData& data, QWidget* parent) { return new TokensView(data, parent); }

}  // namespace cutaway
