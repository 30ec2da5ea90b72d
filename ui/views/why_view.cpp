// Why this word? Everything the other views know of the selected word, in one report to read, keep and send.
#include <QCoreApplication>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QPushButton>
#include <QTextBrowser>
#include <QTextTable>

#include "core/inspect/why.h"
#include "ui/chat/token_tip.h"
#include "ui/theme.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_table.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(WhyView)
};

/// Qt draws a box around every cell of a Markdown table.
void clearRules(QTextDocument& document) {
  for (QTextFrame* frame : document.rootFrame()->childFrames()) {
    auto* table = qobject_cast<QTextTable*>(frame);
    if (table == nullptr) continue;
    QTextTableFormat format = table->format();
    format.setBorder(0);
    format.setCellSpacing(0);
    format.setCellPadding(Theme::kGrid / 4);
    format.setWidth(QTextLength(QTextLength::VariableLength, 0));
    table->setFormat(format);
  }
}

class WhyView : public InspectorView {
 public:
  WhyView(ViewData& data, QWidget* parent);

 private:
  void layOut();
  void update();
  void ask();
  void take(const Answer& answer);
  void save();
  void forget();

  QLabel *m_title, *m_facts;
  QPushButton *m_ask, *m_save;
  QTextBrowser* m_text;
  ViewQuestion m_question;
  std::shared_ptr<const Why> m_why;  ///< null: no report yet
};

WhyView::WhyView(ViewData& data, QWidget* parent)
    : InspectorView(data, parent),
      m_title(makeHeading(QStringLiteral("whyTitle"))),
      m_facts(makeFacts(QStringLiteral("whyFacts"))),
      m_ask(new QPushButton(Text::tr("Explain this word"))),
      m_save(new QPushButton(Text::tr("Save report…"))),
      m_text(new QTextBrowser),
      m_question(data, QStringLiteral("why"), nullptr) {
  layOut();
  connect(m_ask, &QPushButton::clicked, this, &WhyView::ask);
  connect(m_save, &QPushButton::clicked, this, &WhyView::save);
  connect(&m_question, &ViewQuestion::answered, this, &WhyView::take);
  connect(&m_question, &ViewQuestion::opened, this, &WhyView::update);
  connect(&m_question, &ViewQuestion::closed, this, &WhyView::update);
  connect(&data.selection(), &Selection::changed, this, &WhyView::update);
  connect(&data.selection(), &Selection::conversationChanged, this, &WhyView::forget);
  connect(&data, &ViewData::modelChanged, this, &WhyView::forget);
  forget();
}

void WhyView::layOut() {
  m_ask->setObjectName(QStringLiteral("whyAsk"));
  m_save->setObjectName(QStringLiteral("whySave"));
  m_text->setObjectName(QStringLiteral("whyText"));
  m_text->setAccessibleName(Text::tr("Report on the word"));
  m_text->setOpenLinks(false);
  m_text->setFrameShape(QFrame::NoFrame);
  auto* row = new QHBoxLayout;
  row->setSpacing(Theme::kGrid);
  row->addWidget(m_ask);
  row->addWidget(m_save);
  row->addStretch(1);
  QVBoxLayout* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addLayout(row);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_text, 1);
  column->addStretch(0);
}

void WhyView::update() {
  const TokenRange word = data().selection().tokens();
  const StoredMessage* message = word.isEmpty() ? nullptr : data().message(word.message);
  const bool known = message != nullptr && word.first < message->tokens.size();
  m_title->setText(known ? Text::tr("Why “%1”?").arg(tokenLabel(message->tokens[word.first].text)) : Text::tr("Why this word?"));
  m_facts->setText(!data().model() ? Text::tr("A model must be loaded to look inside it.")
                   : !known        ? Text::tr("Click a word of an answer.")
                                   : Text::tr("One report: alternatives, where it was decided, what it depended on, which heads pushed it, and "
                                              "what happens without them. It takes a while, as every head is switched off once."));
  m_ask->setEnabled(known && data().model() && !m_question.isOpen());
  m_save->setVisible(m_why != nullptr);
  m_text->setVisible(m_why != nullptr);
}

void WhyView::ask() {
  const TokenRange word = data().selection().tokens();
  const StoredMessage* message = data().message(word.message);
  if (message == nullptr || word.first >= message->tokens.size()) return;
  const TokenId token = message->tokens[word.first].id;
  const auto make = [token](const Model& model, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    return Why::create(model, std::move(tokens), token);
  };
  m_question.ask(word.message, word.first, make);
}

void WhyView::take(const Answer& answer) {
  m_why = std::dynamic_pointer_cast<const Why>(answer.inquiry);
  update();
  if (!answer.error.isEmpty()) m_facts->setText(answer.error);
  if (!m_why) return;
  m_text->setMarkdown(QString::fromStdString(toMarkdown(m_why->report())));
  clearRules(*m_text->document());
}

void WhyView::forget() {
  m_question.drop();
  m_why.reset();
  m_text->clear();
  update();
}

void WhyView::save() {
  auto* dialog = new QFileDialog(this, Text::tr("Save report"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setNameFilters({Text::tr("Page (*.html)"), Text::tr("Markdown (*.md)")});
  dialog->setDefaultSuffix(QStringLiteral("html"));
  connect(dialog, &QFileDialog::fileSelected, this, [this, why = m_why](const QString& path) {
    const Report report = why->report();
    const std::string text = path.endsWith(QLatin1String(".md")) ? toMarkdown(report) : toHtml(report);
    Q_EMIT data().saveWanted(path, QByteArray::fromStdString(text));
  });
  dialog->open();
}

}  // namespace

InspectorView* createWhyView(ViewData& data, QWidget* parent) { return new WhyView(data, parent); }

}  // namespace cutaway
