// Where two models part: the words of an answer by how far the second model's distribution lies from the first one's.
#include <QCoreApplication>
#include <QLocale>
#include <algorithm>

#include "ui/base/text.h"
#include "ui/chat/token_tip.h"
#include "ui/views/bar_table.h"
#include "ui/views/number_plot.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(DifferenceView)
};

constexpr int kListed = 60;

enum Column { kPlace, kWord, kNats, kBar, kFirst, kSecond, kInstead };


class DifferenceView : public InspectorView {
 public:
  DifferenceView(ViewData& data, QWidget* parent);
  QString csv() const override { return m_table->rowCount() == 0 ? QString() : csvOf(*m_table); }

 protected:
  void shownChanged() override { fill(); }

 private:
  void layOut();
  void fill();
  void showNothing(const QString& why);
  void showWords(const PairedAnswer& other, const StoredMessage& answer);
  void addRow(const PairedAnswer& other, const StoredMessage& answer, int place, double most);
  void follow();
  void describe(int token);
  int placeOf(int row) const { return m_table->item(row, kPlace)->data(Qt::UserRole).toInt(); }

  QLabel *m_title, *m_facts, *m_word;
  NumberPlot* m_plot;
  QTableWidget* m_table;
  QWidget* m_body;
  qint64 m_answer = 0;  ///< whose words are shown
  int m_first = 0;      ///< its token that the plot begins with
};

DifferenceView::DifferenceView(ViewData& data, QWidget* parent)
    : InspectorView(data, parent),
      m_title(makeHeading(QStringLiteral("differenceTitle"))),
      m_facts(makeFacts(QStringLiteral("differenceFacts"))),
      m_word(makeFacts(QStringLiteral("differenceWord"))),
      m_plot(new NumberPlot),
      m_table(new QTableWidget),
      m_body(new QWidget) {
  layOut();
  connect(&data, &ViewData::pairChanged, this, [this](qint64 answer) {
    if (m_answer == 0 || answer == m_answer || this->data().selection().tokens().isEmpty()) m_answer = answer;
    fill();
  });
  connect(&data.selection(), &Selection::changed, this, [this] {
    const qint64 chosen = this->data().selection().tokens().message;
    if (chosen != m_answer && this->data().paired(chosen) != nullptr) {
      m_answer = chosen;
      fill();
    }
    follow();
  });
  connect(&data.selection(), &Selection::conversationChanged, this, [this] {
    m_answer = 0;
    fill();
  });
  connect(m_table, &QTableWidget::itemSelectionChanged, this, [this] {
    if (!m_table->hasFocus() || m_table->selectedItems().isEmpty()) return;
    const int place = placeOf(m_table->currentRow());
    this->data().selection().setTokens({m_answer, place, place});
  });
  fill();
}

void DifferenceView::layOut() {
  m_plot->setObjectName(QStringLiteral("differencePlot"));
  m_plot->setAccessibleName(Text::tr("Divergence of the two models word by word"));
  m_table->setObjectName(QStringLiteral("differenceWords"));
  m_table->setAccessibleName(Text::tr("Words by divergence"));
  setUpBarTable(*m_table,
                {Text::tr("Place"), Text::tr("Word"), Text::tr("Nats"), QString(), Text::tr("First"), Text::tr("Second"),
                 Text::tr("Second says")},
                kBar, {kWord, kBar, kInstead});
  auto* body = makeBody(m_body);
  body->addWidget(m_plot);
  body->addWidget(m_word);
  body->addWidget(m_table, 1);
  auto* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(m_body, 1);
  column->addStretch(0);
}

void DifferenceView::showNothing(const QString& why) {
  m_title->setText(Text::tr("No two models to compare"));
  m_facts->setText(why);
  m_table->setRowCount(0);
  m_body->hide();
}

void DifferenceView::fill() {
  if (!isShown()) return;
  const PairedAnswer* other = data().paired(m_answer);
  const StoredMessage* answer = data().message(m_answer);
  if (other == nullptr || answer == nullptr)
    return showNothing(Text::tr("Choose a second model with Model > Compare with, then ask something: it reads along, or "
                                "answers as well."));
  if (other->differences.isEmpty())
    return showNothing(other->mode == PairMode::free
                           ? Text::tr("Each model writes its own answer. Choose “Same tokens” above the chat to compare "
                                      "their predictions word by word.")
                           : Text::tr("The second model has not read a word yet."));
  showWords(*other, *answer);
}

void DifferenceView::showWords(const PairedAnswer& other, const StoredMessage& answer) {
  const auto count = static_cast<int>(std::min(other.differences.size(), answer.tokens.size() - other.first));
  std::vector<int> places(static_cast<std::size_t>(std::max(0, count)));
  NumberPlot::Data plot;
  double sum = 0;
  int otherwise = 0;
  for (int i = 0; i < count; ++i) {
    places[static_cast<std::size_t>(i)] = i;
    plot.values.push_back(other.differences[i].divergence);
    sum += other.differences[i].divergence;
    otherwise += !other.differences[i].sameTop;
  }
  std::ranges::stable_sort(places, std::ranges::greater(), [&](int i) { return other.differences[i].divergence; });
  plot.right = count;
  plot.xTitle = Text::tr("word of the answer");
  plot.yTitle = Text::tr("divergence, nats");
  const double most = places.empty() ? 0 : other.differences[places.front()].divergence;
  m_first = other.first;
  m_title->setText(Text::tr("Mean divergence %1 nats, largest %2").arg(natsText(sum / count), natsText(most)));
  m_facts->setText(Text::tr("At %1 of %2 words the models hold different tokens most likely. Divergence is KL(first || "
                            "second) of the distributions that a word was chosen from; the largest come first.")
                       .arg(QLocale().toString(otherwise), QLocale().toString(count)));
  m_plot->setDescription([words = answer.tokens, first = other.first, differences = other.differences](int i) {
    return Text::tr("“%1”: %2 nats").arg(tokenLabel(words.value(first + i).text), natsText(differences.value(i).divergence));
  });
  m_plot->setData(std::move(plot));
  places.resize(std::min<std::size_t>(places.size(), kListed));
  m_table->setRowCount(0);
  for (const int place : places) addRow(other, answer, place, most);
  m_body->show();
  follow();
}

void DifferenceView::addRow(const PairedAnswer& other, const StoredMessage& answer, int place, double most) {
  const TokenDifference& difference = other.differences[place];
  const QVector<TokenAlternative>& instead = other.tokens[place].alternatives;
  const int row = m_table->rowCount(), token = other.first + place;
  m_table->insertRow(row);
  QTableWidgetItem* number = tableCell(QLocale().toString(token + 1), Qt::AlignRight);
  number->setData(Qt::UserRole, token);
  m_table->setItem(row, kPlace, number);
  m_table->setItem(row, kWord, tableCell(tokenLabel(answer.tokens[token].text)));
  m_table->setItem(row, kNats, tableCell(natsText(difference.divergence), Qt::AlignRight));
  m_table->setItem(row, kBar, barCell(natsText(difference.divergence), most > 0 ? difference.divergence / most : 0));
  m_table->setItem(row, kFirst, tableCell(percentText(difference.probability), Qt::AlignRight));
  m_table->setItem(row, kSecond, tableCell(percentText(difference.otherProbability), Qt::AlignRight));
  m_table->setItem(row, kInstead, tableCell(instead.isEmpty() ? QString() : tokenLabel(instead.first().text)));
}

/// The selected word, in plot and table.
void DifferenceView::follow() {
  const TokenRange& chosen = data().selection().tokens();
  const bool here = !chosen.isEmpty() && chosen.message == m_answer;
  m_plot->setCurrent(here ? chosen.first - m_first : -1);
  describe(here ? chosen.first : -1);
  for (int row = 0; row < m_table->rowCount(); ++row) {
    if (!here || placeOf(row) != chosen.first) continue;
    m_table->selectRow(row);
    return;
  }
  m_table->clearSelection();
}

void DifferenceView::describe(int token) {
  const PairedAnswer* other = data().paired(m_answer);
  const int place = other != nullptr && token >= 0 ? token - other->first : -1;
  m_word->setVisible(place >= 0 && place < other->differences.size());
  if (!m_word->isVisibleTo(m_body)) return;
  const TokenDifference& difference = other->differences[place];
  m_word->setText(Text::tr("“%1”: %2 under the first model, %3 under the second, where it is number %4. Entropy %5 and %6 nats.")
                      .arg(tokenLabel(data().message(m_answer)->tokens.value(token).text), percentText(difference.probability),
                           percentText(difference.otherProbability), QLocale().toString(difference.otherRank),
                           QLocale().toString(difference.entropy, 'f', 2), QLocale().toString(difference.otherEntropy, 'f', 2)));
}

}  // namespace

InspectorView* createDifferenceView(ViewData& data, QWidget* parent) { return new DifferenceView(data, parent); }

}  // namespace cutaway
