// What pushed the selected word: every head's and every feed-forward block's share of its logit, or of its lead over
// another word.
#include <QCoreApplication>
#include <QFormLayout>
#include <algorithm>
#include <cmath>

#include "core/inspect/attribution.h"
#include "ui/chat/token_tip.h"
#include "ui/choice_box.h"
#include "ui/views/bar_table.h"
#include "ui/views/heatmap.h"
#include "ui/views/token_choice.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"
#include "ui/views/word_view.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(AttributionView)
};

constexpr int kListed = 60;

enum Column { kPart, kPush, kBar };

QString signedText(double value) {
  const QString text = QLocale().toString(std::abs(value), 'f', 2);
  return (value < 0 ? QStringLiteral("−") : QStringLiteral("+")) + text;
}

class AttributionView : public WordView {
 public:
  AttributionView(ViewData& data, QWidget* parent);
  QString csv() const override { return m_table->rowCount() == 0 ? QString() : csvOf(*m_table); }

 protected:
  bool askAbout(const TokenRange& word, const StoredMessage& message) override;
  void showNothing(const QString& why) override;

 private:
  void setUp();
  void layOut();
  void take(const Answer& answer);
  void showParts();
  void fillMap();
  void fillTable();
  void offerOthers(const ChatToken& token);
  QString otherText() const { return m_against->currentData().toString(); }

  QLabel *m_title, *m_facts;
  ChoiceBox* m_against;
  Heatmap* m_map;
  QTableWidget* m_table;
  QWidget* m_body;
  ViewQuestion m_question;
  TokenRange m_offered;    ///< the word whose alternatives are offered
  QString m_word, m_other;  ///< that were asked about
  std::shared_ptr<const Attribution> m_found;
};

AttributionView::AttributionView(ViewData& data, QWidget* parent)
    : WordView(data, parent, Follows::hovered),
      m_title(makeHeading(QStringLiteral("attributionTitle"))),
      m_facts(makeFacts(QStringLiteral("attributionFacts"))),
      m_against(new ChoiceBox),
      m_map(new Heatmap),
      m_table(new QTableWidget),
      m_body(new QWidget),
      m_question(data, QStringLiteral("attribution"), nullptr) {
  setUp();
  layOut();
  connect(&data.selection(), &Selection::changed, this, &AttributionView::showParts);
  connect(&m_question, &ViewQuestion::answered, this, &AttributionView::take);
  connect(m_against, &QComboBox::activated, this, &AttributionView::askAnew);
  connect(m_map, &Heatmap::chosen, this, [this](int row, int column) {
    const int heads = m_map->data().columns - 1;
    this->data().selection().setHead(row, column < heads ? column : -1);
  });
  start();
}

void AttributionView::setUp() {
  m_against->setObjectName(QStringLiteral("attributionAgainst"));
  m_against->setAccessibleName(Text::tr("Compared with"));
  m_against->setToolTip(Text::tr("Show what put the word above another one that the model considered"));
  m_against->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_map->setObjectName(QStringLiteral("attributionMap"));
  m_map->setAccessibleName(Text::tr("Push of every head and feed-forward block"));
  m_table->setObjectName(QStringLiteral("attributionParts"));
  m_table->setAccessibleName(Text::tr("Parts of the model by their push"));
  setUpBarTable(*m_table, {Text::tr("Part"), Text::tr("Push"), Text::tr("Size")}, kBar, {kPart, kBar});
}

void AttributionView::layOut() {
  auto* form = new QFormLayout;
  form->setContentsMargins({});
  form->addRow(Text::tr("&Against"), m_against);
  auto* body = makeBody(m_body);
  body->addLayout(form);
  body->addWidget(m_map, 2);
  body->addWidget(m_table, 3);
  auto* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_body, 1);
  column->addStretch(0);
}

/// What the model considered in the word's place.
void AttributionView::offerOthers(const ChatToken& token) {
  const QString before = otherText();
  m_against->clear();
  m_against->addItem(Text::tr("nothing: the logit itself"), QString());
  for (const TokenAlternative& other : token.alternatives)
    if (other.text != token.text)
      m_against->addItem(tokenLabel(other.text) + QStringLiteral("   ") + percentText(other.probability), other.text);
  m_against->setCurrentIndex(qMax(0, m_against->findData(before)));
}

bool AttributionView::askAbout(const TokenRange& word, const StoredMessage& message) {
  const ChatToken& token = message.tokens[word.first];
  if (token.id < 0) return false;
  if (m_offered != word) offerOthers(token);
  m_offered = word;
  m_word = token.text;
  m_other = otherText();
  const auto make = [id = token.id, other = m_other.toStdString()](
                        const Model& model, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    Attribution::Question question{.token = id};
    if (!other.empty()) question.against = TRY(tokenOfText(*model.description->tokenizer, other));
    return Attribution::create(model, std::move(tokens), question);
  };
  return m_question.ask(word.message, word.first, make);
}

void AttributionView::take(const Answer& answer) {
  if (!answer.error.isEmpty()) return showNothing(answer.error);
  m_found = std::dynamic_pointer_cast<const Attribution>(answer.inquiry);
  if (m_found == nullptr) return showNothing(Text::tr("The device gave no values of this token."));
  m_body->show();
  showParts();
}

void AttributionView::showNothing(const QString& why) {
  m_question.drop();
  m_found = nullptr;
  m_title->setText(Text::tr("No word to explain"));
  m_facts->setText(why);
  m_map->setData({});
  m_table->setRowCount(0);
  m_body->hide();
}

void AttributionView::showParts() {
  if (m_found == nullptr) return;
  const QString word = tokenLabel(m_word), other = tokenLabel(m_other);
  m_title->setText(m_other.isEmpty() ? Text::tr("“%1”: a logit of %2").arg(word, signedText(m_found->logit()))
                                   : Text::tr("“%1” above “%2”: %3").arg(word, other, signedText(m_found->logit())));
  m_facts->setText(Text::tr("What each part of the model pushed this word by; the parts add up to %1. Rows are layers, "
                            "columns heads and, at the end, the feed-forward block. Click one to select it.")
                       .arg(signedText(m_found->sum())));
  fillMap();
  fillTable();
}

/// Layers by heads, and the feed-forward block as the last column.
void AttributionView::fillMap() {
  Heatmap::Data map;
  std::vector<const Attribution::Part*> attention, feedForward;
  for (const Attribution::Part& part : m_found->parts()) {
    if (part.term.layer < 0) continue;
    auto& rows = part.heads.empty() ? feedForward : attention;
    rows.resize(std::max<std::size_t>(rows.size(), static_cast<std::size_t>(part.term.layer) + 1));
    rows[static_cast<std::size_t>(part.term.layer)] = &part;
    map.columns = qMax(map.columns, static_cast<int>(part.heads.size()) + 1);
  }
  map.rows = static_cast<int>(std::max(attention.size(), feedForward.size()));
  map.values.assign(std::size_t(map.rows) * std::size_t(map.columns), std::nanf(""));
  for (int layer = 0; layer < map.rows; ++layer) {
    map.rowLabels += QString::number(layer);
    const auto row = map.values.begin() + std::ptrdiff_t(layer) * map.columns;
    const auto at = static_cast<std::size_t>(layer);
    if (at < attention.size() && attention[at] != nullptr)
      std::ranges::transform(attention[at]->heads, row, [](double push) { return static_cast<float>(push); });
    if (at < feedForward.size() && feedForward[at] != nullptr)
      row[map.columns - 1] = static_cast<float>(feedForward[at]->push);
  }
  for (int head = 0; head + 1 < map.columns; ++head) map.columnLabels += QString::number(head);
  map.columnLabels += Text::tr("FFN");
  map.title = Text::tr("push on the logit");
  map.diverging = true;
  m_map->setData(std::move(map));
  const Selection& selection = data().selection();
  m_map->setCurrent(selection.layer(), selection.head());
}

/// Largest first, whichever way.
void AttributionView::fillTable() {
  std::vector<std::pair<double, QString>> rows;
  for (const Attribution::Part& part : m_found->parts()) {
    if (part.term.layer < 0) {
      rows.emplace_back(part.push, Text::tr("Embedding of the last token"));
    } else if (part.heads.empty()) {
      rows.emplace_back(part.push, Text::tr("Layer %1, feed-forward").arg(part.term.layer));
    }
    for (std::size_t head = 0; head < part.heads.size(); ++head)
      rows.emplace_back(part.heads[head], Text::tr("Layer %1, head %2").arg(part.term.layer).arg(head));
    if (part.bias != 0) rows.emplace_back(part.bias, Text::tr("Layer %1, bias").arg(part.term.layer));
  }
  rows.emplace_back(m_found->remainder(), Text::tr("Rounding and edits"));
  std::ranges::stable_sort(rows, std::greater<>(), [](const auto& row) { return std::abs(row.first); });
  const double most = std::abs(rows.front().first);
  rows.resize(std::min<std::size_t>(rows.size(), kListed));
  m_table->setRowCount(static_cast<int>(rows.size()));
  for (int line = 0; line < m_table->rowCount(); ++line) {
    const auto& [push, name] = rows[static_cast<std::size_t>(line)];
    m_table->setItem(line, kPart, tableCell(name));
    m_table->setItem(line, kPush, tableCell(signedText(push), Qt::AlignRight));
    m_table->setItem(line, kBar, barCell(signedText(push), most > 0 ? std::abs(push) / most : 0));
  }
}

}  // namespace

InspectorView* createAttributionView(ViewData& data, QWidget* parent) { return new AttributionView(data, parent); }

}  // namespace cutaway
