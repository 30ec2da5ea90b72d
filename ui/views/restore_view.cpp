// Click to restore: which tensors, layers or classes of the coarse precision cost most, what giving them back gains on this
// text, and the mix that a size budget is best spent on.
#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLocale>
#include <QPushButton>
#include <algorithm>
#include <cmath>

#include "core/eval/restoring.h"
#include "ui/base/text.h"
#include "ui/choice_box.h"
#include "ui/views/bar_table.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"
#include "ui/views/word_view.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(RestoreView)
};

constexpr double kMiB = 1 << 20;

enum Column { kPart, kSize, kKl, kBar };

QString mibText(double bytes) { return QLocale().toString(bytes / kMiB, 'f', 2); }

class RestoreView : public WordView {
 public:
  RestoreView(ViewData& data, QWidget* parent);
  QString csv() const override { return m_table->rowCount() == 0 ? QString() : csvOf(*m_table); }

 protected:
  bool askAbout(const TokenRange& word, const StoredMessage& message) override;
  void showNothing(const QString& why) override;

 private:
  void setUpParts();
  void layOut();
  bool ask(Restoring::Question question);
  void rank();
  void measureChecked();
  void propose();
  void write();
  void take(const Answer& answer);
  void fillTable(const Restoring& found);
  void showMeasured(const Restoring& found);
  void tick(const std::vector<std::string>& tensors);
  std::vector<std::string> checked() const;

  QLabel *m_title, *m_facts, *m_now;
  ChoiceBox* m_parts;
  QTableWidget* m_table;
  QDoubleSpinBox* m_budget;
  QPushButton *m_propose, *m_write;
  QWidget* m_body;
  ViewQuestion m_question;
  TokenRange m_text;  ///< the answer whose text is measured
  int m_textTokens = 0;
  std::vector<std::string> m_restored;  ///< what the mix on show has of the first model
  bool m_filling = false;
};

RestoreView::RestoreView(ViewData& data, QWidget* parent)
    : WordView(data, parent, Follows::selected),
      m_title(makeHeading(QStringLiteral("restoreTitle"))),
      m_facts(makeFacts(QStringLiteral("restoreFacts"))),
      m_now(makeFacts(QStringLiteral("restoreNow"))),
      m_parts(new ChoiceBox),
      m_table(new QTableWidget),
      m_budget(new QDoubleSpinBox),
      m_propose(new QPushButton(Text::tr("&Best mix"))),
      m_write(new QPushButton(Text::tr("&Write as GGUF…"))),
      m_body(new QWidget),
      m_question(data, QStringLiteral("restore"), nullptr) {
  setUpParts();
  layOut();
  connect(&m_question, &ViewQuestion::answered, this, &RestoreView::take);
  connect(m_parts, &QComboBox::activated, this, &RestoreView::rank);
  connect(m_table, &QTableWidget::itemChanged, this, [this](const QTableWidgetItem* item) {
    if (!m_filling && item->column() == kPart) measureChecked();
  });
  connect(m_propose, &QPushButton::clicked, this, &RestoreView::propose);
  connect(m_write, &QPushButton::clicked, this, &RestoreView::write);
  connect(&data, &ViewData::otherModelChanged, this, [this] {
    showNothing(Text::tr("Click a word of an answer: its text is read by both precisions."));
    askAnew();
  });
  start();
}

void RestoreView::setUpParts() {
  m_parts->addItem(Text::tr("Classes of tensors"), static_cast<int>(Restoring::Parts::classes));
  m_parts->addItem(Text::tr("Layers"), static_cast<int>(Restoring::Parts::layers));
  m_parts->addItem(Text::tr("Single tensors"), static_cast<int>(Restoring::Parts::tensors));
  m_parts->setObjectName(QStringLiteral("restoreParts"));
  m_parts->setAccessibleName(Text::tr("What is given back"));
  m_table->setObjectName(QStringLiteral("restoreTable"));
  m_table->setAccessibleName(Text::tr("Parts by what giving them back gains"));
  setUpBarTable(*m_table, {Text::tr("Given back"), Text::tr("MiB more"), Text::tr("KL then"), Text::tr("Gain for a MiB")}, kBar,
                {kPart, kBar});
  m_budget->setButtonSymbols(QAbstractSpinBox::NoButtons);
  m_budget->setObjectName(QStringLiteral("restoreBudget"));
  m_budget->setAccessibleName(Text::tr("Size of all tensors, MiB"));
  m_budget->setSuffix(Text::tr(" MiB"));
  m_propose->setObjectName(QStringLiteral("restorePropose"));
  m_propose->setToolTip(Text::tr("Finds the tensors to give back so that the divergence is least within this size, and measures them"));
  m_write->setObjectName(QStringLiteral("restoreWrite"));
}

void RestoreView::layOut() {
  auto* row = new QHBoxLayout;
  row->setSpacing(Theme::kGrid);
  row->addWidget(m_budget);
  row->addWidget(m_propose);
  row->addStretch(1);
  row->addWidget(m_write);
  auto* body = makeBody(m_body);
  body->addWidget(m_parts);
  body->addWidget(m_table, 1);
  body->addLayout(row);
  body->addWidget(m_now);
  auto* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_body, 1);
  column->addStretch(0);
}

bool RestoreView::ask(Restoring::Question question) {
  const auto make = [question = std::move(question)](const std::shared_ptr<const Model>& first,
                                                     const std::shared_ptr<const Model>& second, std::vector<TokenId> tokens,
                                                     const std::shared_ptr<void>& kept) {
    return Restoring::create(first, second, std::move(tokens), question, kept);
  };
  return m_question.askPair(m_text.message, m_textTokens, make);
}

bool RestoreView::askAbout(const TokenRange& word, const StoredMessage& message) {
  if (word.message == m_text.message && m_textTokens == message.tokens.size()) return true;
  m_text = word;
  m_textTokens = static_cast<int>(message.tokens.size());
  rank();
  return m_question.isOpen();
}

void RestoreView::rank() {
  Restoring::Question question;
  question.ranked = static_cast<Restoring::Parts>(m_parts->currentData().toInt());
  ask(std::move(question));
}

std::vector<std::string> RestoreView::checked() const {
  std::vector<std::string> names;
  for (int row = 0; row < m_table->rowCount(); ++row)
    if (m_table->item(row, kPart)->checkState() == Qt::Checked) names.push_back(m_table->item(row, kPart)->text().toStdString());
  return names;
}

void RestoreView::measureChecked() {
  Restoring::Question question;
  question.restored = checked();
  ask(std::move(question));
}

void RestoreView::propose() {
  Restoring::Question question;
  question.budget = static_cast<std::uint64_t>(std::llround(m_budget->value() * kMiB));
  ask(std::move(question));
}

void RestoreView::write() {
  auto* dialog = new QFileDialog(window(), Text::tr("Write the mix"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setObjectName(QStringLiteral("restoreWriteDialog"));
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setNameFilter(Text::tr("GGUF models (*.gguf)"));
  dialog->setDefaultSuffix(QStringLiteral("gguf"));
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
    Restoring::Question question;
    question.restored = m_restored;
    question.path = path.toStdString();
    ask(std::move(question));
  });
  dialog->open();
}

void RestoreView::showNothing(const QString& why) {
  m_question.drop();
  m_text = {};
  m_textTokens = 0;
  m_restored.clear();
  m_title->setText(Text::tr("No two precisions to mix"));
  m_facts->setText(data().otherModel() ? why
                                       : Text::tr("Choose a coarser precision of this model with Model > Compare with. Here one "
                                                  "sees which of its tensors cost most, and gives them back."));
  m_filling = true;
  m_table->setRowCount(0);
  m_filling = false;
  m_body->hide();
}

void RestoreView::take(const Answer& answer) {
  if (!answer.error.isEmpty()) return m_table->rowCount() == 0 ? showNothing(answer.error) : m_now->setText(answer.error);
  const auto* found = dynamic_cast<const Restoring*>(answer.pairInquiry.get());
  if (found == nullptr) return showNothing(Text::tr("The models gave no values of this text."));
  m_title->setText(Text::tr("What the second precision costs: %1 nats").arg(natsText(found->klOfSecond())));
  m_facts->setText(Text::tr("Mean divergence on the %1 tokens of this text, with %2 MiB of tensors in place of %3. Tick what is "
                            "to be as in the first model; each row says what it alone would change.")
                       .arg(QLocale().toString(static_cast<qulonglong>(found->tokens())),
                            mibText(static_cast<double>(found->bytesOfSecond())), mibText(static_cast<double>(found->bytesOfFirst()))));
  const double least = static_cast<double>(found->bytesOfSecond()) / kMiB, most = static_cast<double>(found->bytesOfFirst()) / kMiB;
  const bool isNew = m_budget->minimum() != std::ceil(least * 100) / 100;
  m_budget->setRange(std::ceil(least * 100) / 100, std::max(least, most));
  m_budget->setSingleStep((most - least) / 20);
  if (isNew) m_budget->setValue(least + (most - least) / 4);
  m_body->show();
  if (!found->ranked().empty()) fillTable(*found);
  showMeasured(*found);
}

void RestoreView::fillTable(const Restoring& found) {
  m_filling = true;
  double best = 0;
  for (const RestoredPart& part : found.ranked()) best = std::isfinite(part.gainPerMib()) ? std::max(best, part.gainPerMib()) : best;
  m_table->setRowCount(static_cast<int>(found.ranked().size()));
  int row = 0;
  for (const RestoredPart& part : found.ranked()) {
    QTableWidgetItem* name = tableCell(QString::fromStdString(part.part.name));
    name->setFlags(name->flags() | Qt::ItemIsUserCheckable);
    name->setCheckState(Qt::Unchecked);
    m_table->setItem(row, kPart, name);
    m_table->setItem(row, kSize, tableCell(mibText(static_cast<double>(part.part.bytes)), Qt::AlignRight));
    m_table->setItem(row, kKl, tableCell(natsText(part.kl), Qt::AlignRight));
    const QString gain = natsText(part.gainPerMib());
    m_table->setItem(row, kBar, barCell(gain, best > 0 ? std::clamp(part.gainPerMib() / best, 0.0, 1.0) : 0));
    ++row;
  }
  m_filling = false;
}

void RestoreView::showMeasured(const Restoring& found) {
  const Restoring::Measured& now = found.measured();
  m_restored = now.tensors;
  m_write->setEnabled(!now.tensors.empty());
  const QString size = mibText(static_cast<double>(now.bytes)), kl = natsText(now.statistics.meanKl.value);
  const QString tensors = plural(std::ssize(now.tensors), Text::tr("1 tensor"), Text::tr("%1 tensors"));
  QString text = now.tensors.empty() ? Text::tr("Nothing is given back.")
                 : now.predictedKl   ? Text::tr("The best mix, of %1 MiB, gives %2 back: %3 nats predicted, %4 measured.")
                                           .arg(size, tensors, natsText(*now.predictedKl), kl)
                                     : Text::tr("With %1 given back: %2 MiB, %3 nats in place of %4.")
                                           .arg(tensors, size, kl, natsText(found.klOfSecond()));
  if (now.predictedKl) tick(now.tensors);
  if (!found.question().path.empty()) text += QLatin1Char(' ') + Text::tr("Written to %1.").arg(QString::fromStdString(found.question().path));
  m_now->setText(text);
  QStringList names;
  for (const std::string& name : now.tensors) names += QString::fromStdString(name);
  m_now->setToolTip(names.join(QLatin1Char('\n')));
}

/// The rows of these tensors, and no others: a class or layer may be given back in part.
void RestoreView::tick(const std::vector<std::string>& tensors) {
  m_filling = true;
  for (int row = 0; row < m_table->rowCount(); ++row) {
    QTableWidgetItem& part = *m_table->item(row, kPart);
    part.setCheckState(std::ranges::find(tensors, part.text().toStdString()) != tensors.end() ? Qt::Checked : Qt::Unchecked);
  }
  m_filling = false;
}

}  // namespace

InspectorView* createRestoreView(ViewData& data, QWidget* parent) { return new RestoreView(data, parent); }

}  // namespace cutaway
