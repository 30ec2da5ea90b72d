// Parts of the model switched off or scaled: the selected answer with and without, token by token, and in the chat when
// the user says so.
#include <QCheckBox>
#include <QCoreApplication>
#include <QGridLayout>
#include <QPushButton>
#include <algorithm>

#include "ui/chat/token_tip.h"
#include "ui/views/answer_comparison.h"
#include "ui/views/bar_table.h"
#include "ui/views/edit_builder.h"
#include "ui/views/edit_list.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(InterventionsView)
};

constexpr std::size_t kMostTokens = 200;  ///< of an answer that is compared

enum Column { kToken, kDivergence, kBar, kEdited };

/// From the first difference on in bold.
QString markedHtml(const QStringList& pieces, qsizetype from) {
  const QString same = pieces.mid(0, from).join(QString()), other = pieces.mid(from).join(QString());
  const QString html = same.toHtmlEscaped() + QStringLiteral("<b>") + other.toHtmlEscaped() + QStringLiteral("</b>");
  return QString(html).replace(QLatin1Char('\n'), QStringLiteral("<br>"));
}

class InterventionsView : public InspectorView {
 public:
  InterventionsView(ViewData& data, QWidget* parent);
  QString csv() const override { return m_table->rowCount() == 0 ? QString() : csvOf(*m_table); }

 protected:
  void shownChanged() override { follow(); }

 private:
  void setUp();
  void layOut();
  void follow();
  void allow();  ///< what can be done now
  void compare();
  void take(const Answer& answer);
  void showComparison(const AnswerComparison& found);
  void clearComparison(const QString& why);

  QLabel *m_facts, *m_outcome, *m_original, *m_edited;
  EditBuilder* m_builder;
  EditList* m_edits;
  QCheckBox* m_inChat;
  QPushButton* m_compare;
  QTableWidget* m_table;
  QWidget* m_body;
  ViewQuestion m_question;
};

InterventionsView::InterventionsView(ViewData& data, QWidget* parent)
    : InspectorView(data, parent),
      m_facts(makeFacts(QStringLiteral("interventionsFacts"))),
      m_outcome(makeHeading(QStringLiteral("interventionsOutcome"))),
      m_original(makeFacts(QStringLiteral("interventionsOriginal"))),
      m_edited(makeFacts(QStringLiteral("interventionsEdited"))),
      m_builder(new EditBuilder(data)),
      m_edits(new EditList(data.edits())),
      m_inChat(new QCheckBox(Text::tr("Act in the &chat too"))),
      m_compare(new QPushButton(Text::tr("C&ompare with the original answer"))),
      m_table(new QTableWidget),
      m_body(new QWidget),
      m_question(data, QStringLiteral("interventions"), nullptr) {
  setUp();
  layOut();
  Selection& selection = data.selection();
  connect(&selection, &Selection::changed, this, &InterventionsView::follow);
  connect(&selection, &Selection::conversationChanged, this, [this] { clearComparison({}); });
  connect(&data, &ViewData::modelChanged, this, [this] {
    clearComparison({});
    follow();
  });
  connect(&data.edits(), &EditBook::changed, this, &InterventionsView::allow);
  connect(m_inChat, &QCheckBox::clicked, &data.edits(), &EditBook::setInChat);
  connect(&data, &ViewData::actingEditsChanged, this, [this](const QString& problem) {
    if (!problem.isEmpty()) m_outcome->setText(problem);
  });
  connect(m_compare, &QPushButton::clicked, this, &InterventionsView::compare);
  connect(&m_question, &ViewQuestion::answered, this, &InterventionsView::take);
  clearComparison({});
  follow();
}

void InterventionsView::setUp() {
  m_facts->setText(
      Text::tr("Switch parts of the model off, scale them, or put in values of other words, and see what that does to the answer whose word is selected."));
  m_inChat->setObjectName(QStringLiteral("interventionsInChat"));
  m_inChat->setToolTip(Text::tr("What is written in the chat from now on is written with these edits"));
  m_compare->setObjectName(QStringLiteral("interventionsCompare"));
  for (QLabel* answer : {m_original, m_edited}) {
    answer->setTextFormat(Qt::RichText);
    answer->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    answer->setForegroundRole(QPalette::WindowText);
    answer->setTextInteractionFlags(Qt::TextSelectableByMouse);
  }
  m_table->setObjectName(QStringLiteral("interventionsTokens"));
  m_table->setAccessibleName(Text::tr("Tokens of the original answer"));
  setUpBarTable(*m_table, {Text::tr("Token"), Text::tr("KL"), Text::tr("Size"), Text::tr("Edited model")}, kBar,
                {kToken, kBar, kEdited});
}

void InterventionsView::layOut() {
  auto* answers = new QGridLayout;
  answers->setSpacing(Theme::kGrid);
  answers->addWidget(makeHeading(QStringLiteral("interventionsOriginalTitle"), Text::tr("Original")), 0, 0);
  answers->addWidget(makeHeading(QStringLiteral("interventionsEditedTitle"), Text::tr("With the edits")), 0, 1);
  answers->addWidget(m_original, 1, 0);
  answers->addWidget(m_edited, 1, 1);
  answers->setColumnStretch(0, 1);
  answers->setColumnStretch(1, 1);
  auto* body = makeBody(m_body);
  body->addLayout(answers);
  body->addWidget(m_table, 1);
  auto* column = makeColumn(this);
  column->addWidget(makeHeading(QStringLiteral("interventionsTitle"), Text::tr("Interventions")));
  column->addWidget(m_facts);
  column->addWidget(m_builder);
  column->addWidget(m_edits);
  column->addWidget(m_inChat);
  column->addWidget(m_compare);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_outcome);
  column->addWidget(m_body, 1);
  column->addStretch(0);
}

void InterventionsView::follow() {
  m_builder->follow();
  allow();
}

void InterventionsView::allow() {
  const Selection& selection = data().selection();
  m_builder->setEnabled(data().model() != nullptr);
  const bool some = !data().edits().chosen().isEmpty();
  m_inChat->setEnabled(data().model() != nullptr && some);
  m_inChat->setChecked(data().edits().inChat());
  m_compare->setEnabled(data().model() != nullptr && !selection.tokens().isEmpty() && some);
}

void InterventionsView::compare() {
  const TokenRange range = data().selection().tokens();
  const StoredMessage* message = range.isEmpty() ? nullptr : data().message(range.message);
  if (message == nullptr) return;
  std::vector<TokenId> answer;
  for (const ChatToken& token : message->tokens)
    if (token.id >= 0 && answer.size() < kMostTokens) answer.push_back(token.id);
  clearComparison(Text::tr("The answer is read and written again, with the edits."));
  m_question.ask(range.message, 0, comparisonOf(std::move(answer), data().edits().chosen()));
}

void InterventionsView::take(const Answer& answer) {
  if (!answer.error.isEmpty()) return clearComparison(answer.error);
  const auto* found = dynamic_cast<const AnswerComparison*>(answer.inquiry.get());
  if (found == nullptr) return clearComparison(Text::tr("The device gave no answer."));
  showComparison(*found);
}

void InterventionsView::clearComparison(const QString& why) {
  m_question.drop();
  m_outcome->setText(why);
  m_table->setRowCount(0);
  m_body->hide();
}

void InterventionsView::showComparison(const AnswerComparison& found) {
  const auto first = found.answer().firstDifference();
  const QString mean = QLocale().toString(found.answer().meanDivergence(), 'f', 3);
  m_outcome->setText(first ? Text::tr("The answers part at token %1; mean KL %2 nats.").arg(*first + 1).arg(mean)
                           : Text::tr("The same answer; mean KL %1 nats.").arg(mean));
  const auto from = static_cast<qsizetype>(first.value_or(std::min(found.original().size(), found.edited().size())));
  m_original->setText(markedHtml(found.original(), from));
  m_edited->setText(markedHtml(found.edited(), from));
  const auto& tokens = found.answer().original();
  double most = 0;
  for (const EditedAnswer::Token& token : tokens) most = std::max(most, token.divergence);
  m_table->setRowCount(static_cast<int>(tokens.size()));
  for (int row = 0; row < m_table->rowCount(); ++row) {
    const EditedAnswer::Token& token = tokens[static_cast<std::size_t>(row)];
    const QString divergence = QLocale().toString(token.divergence, 'f', 3);
    m_table->setItem(row, kToken, tableCell(tokenLabel(found.original()[row])));
    m_table->setItem(row, kDivergence, tableCell(divergence, Qt::AlignRight));
    m_table->setItem(row, kBar, barCell(divergence, most > 0 ? token.divergence / most : 0));
    m_table->setItem(row, kEdited, tableCell(token.editedTop == token.token ? QString() : tokenLabel(found.tops()[row])));
  }
  m_body->show();
}

}  // namespace

InspectorView* createInterventionsView(ViewData& data, QWidget* parent) { return new InterventionsView(data, parent); }

}  // namespace cutaway
