// The feed-forward neurons that did most when the selected word was chosen, and the words that each stands for.
#include <QCoreApplication>

#include "core/inspect/neurons.h"
#include "ui/chat/token_tip.h"
#include "ui/views/bar_table.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"
#include "ui/views/word_view.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(NeuronsView)
};

enum Column { kNeuron, kWords, kPush, kStrength, kBar };

QString numberText(double value) { return QLocale().toString(value, 'f', 2); }

class NeuronsView : public WordView {
 public:
  NeuronsView(ViewData& data, QWidget* parent);
  QString csv() const override { return m_table->rowCount() == 0 ? QString() : csvOf(*m_table); }

 protected:
  bool askAbout(const TokenRange& word, const StoredMessage& message) override;
  void showNothing(const QString& why) override;

 private:
  void take(const Answer& answer);
  void addRow(int line, const Neurons::Neuron& neuron, double most);
  void choose(int line);

  QLabel *m_title, *m_facts;
  QTableWidget* m_table;
  ViewQuestion m_question;
  QString m_word;
};

NeuronsView::NeuronsView(ViewData& data, QWidget* parent)
    : WordView(data, parent, Follows::selected),
      m_title(makeHeading(QStringLiteral("neuronsTitle"))),
      m_facts(makeFacts(QStringLiteral("neuronsFacts"))),
      m_table(new QTableWidget),
      m_question(data, QStringLiteral("neurons"), nullptr) {
  m_table->setObjectName(QStringLiteral("neuronsTable"));
  m_table->setAccessibleName(Text::tr("Neurons by strength"));
  setUpBarTable(*m_table,
                {Text::tr("Neuron"), Text::tr("Words it raises"), Text::tr("Push"), Text::tr("Strength"), Text::tr("Size")},
                kBar, {kNeuron, kWords, kBar});
  auto* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_table, 1);
  column->addStretch(0);
  connect(&m_question, &ViewQuestion::answered, this, &NeuronsView::take);
  connect(m_table, &QTableWidget::currentCellChanged, this, [this](int line) { choose(line); });
  start();
}

bool NeuronsView::askAbout(const TokenRange& word, const StoredMessage& message) {
  const ChatToken& token = message.tokens[word.first];
  if (token.id < 0) return false;
  m_word = token.text;
  const auto make = [id = token.id](const Model& model,
                                    std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    return Neurons::create(model, std::move(tokens), {.token = id});
  };
  return m_question.ask(word.message, word.first, make);
}

void NeuronsView::showNothing(const QString& why) {
  m_question.drop();
  m_title->setText(Text::tr("No neurons to show"));
  m_facts->setText(why);
  m_table->setRowCount(0);
  m_table->hide();
}

void NeuronsView::take(const Answer& answer) {
  if (!answer.error.isEmpty()) return showNothing(answer.error);
  const auto* found = dynamic_cast<const Neurons*>(answer.inquiry.get());
  if (found == nullptr) return showNothing(Text::tr("The device gave no values of this token."));
  m_title->setText(Text::tr("Strongest neurons before “%1”").arg(tokenLabel(m_word)));
  m_facts->setText(Text::tr("Strength is the size of what a neuron wrote into the residual stream, push its share of the "
                            "word's logit. Choose one to find it in the other views."));
  const QSignalBlocker quiet(m_table);
  m_table->setRowCount(static_cast<int>(found->neurons().size()));
  for (int line = 0; line < m_table->rowCount(); ++line)
    addRow(line, found->neurons()[static_cast<std::size_t>(line)], found->neurons().front().strength);
  m_table->show();
}

void NeuronsView::addRow(int line, const Neurons::Neuron& neuron, double most) {
  QStringList words;
  for (const std::string& text : neuron.texts) words += tokenLabel(QString::fromStdString(text));
  QTableWidgetItem* name = tableCell(Text::tr("Layer %1, %2").arg(neuron.layer).arg(neuron.index));
  name->setData(Qt::UserRole, QPoint(neuron.layer, static_cast<int>(neuron.index)));
  m_table->setItem(line, kNeuron, name);
  m_table->setItem(line, kWords, tableCell(words.join(QStringLiteral("  "))));
  m_table->setItem(line, kPush, tableCell(numberText(neuron.push), Qt::AlignRight));
  m_table->setItem(line, kStrength, tableCell(numberText(neuron.strength), Qt::AlignRight));
  m_table->setItem(line, kBar, barCell(numberText(neuron.strength), most > 0 ? neuron.strength / most : 0));
}

void NeuronsView::choose(int line) {
  const QTableWidgetItem* item = m_table->item(line, kNeuron);
  if (item == nullptr) return;
  const QPoint place = item->data(Qt::UserRole).toPoint();
  data().selection().setNeuron(place.x(), place.y());
}

}  // namespace

InspectorView* createNeuronsView(ViewData& data, QWidget* parent) { return new NeuronsView(data, parent); }

}  // namespace cutaway
