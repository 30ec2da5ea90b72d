// The head finder: what every head does on repeated random tokens and on the conversation, sorted by any habit.
#include <QCoreApplication>
#include <QHeaderView>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTableView>

#include "core/inspect/demo_heads.h"
#include "ui/base/text.h"
#include "ui/choice_box.h"
#include "ui/views/head_table.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_table.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(HeadsView)
};

class HeadsView : public InspectorView {
 public:
  HeadsView(ViewData& data, QWidget* parent);
  QString csv() const override { return m_table->csv(); }

 protected:
  void shownChanged() override { askOnce(); }

 private:
  void layOut();
  void askOnce();
  void ask();
  void take(const Answer& answer);
  void showNothing(const QString& why);
  void showHead();
  void showSource();

  QLabel *m_title, *m_facts, *m_note;
  ChoiceBox* m_source;
  QPushButton* m_again;
  HeadTable* m_table;
  QSortFilterProxyModel* m_order;
  QTableView* m_list;
  QWidget* m_body;
  ViewQuestion m_question;
  bool m_asked = false;  ///< of this model
};

HeadsView::HeadsView(ViewData& data, QWidget* parent)
    : InspectorView(data, parent),
      m_title(makeHeading(QStringLiteral("headsTitle"))),
      m_facts(makeFacts(QStringLiteral("headsFacts"))),
      m_note(makeFacts(QStringLiteral("headsNote"))),
      m_source(new ChoiceBox),
      m_again(new QPushButton(Text::tr("Score this conversation"))),
      m_table(new HeadTable(this)),
      m_order(new QSortFilterProxyModel(this)),
      m_list(new QTableView),
      m_body(new QWidget),
      m_question(data, QStringLiteral("heads"), nullptr) {
  layOut();
  connect(&m_question, &ViewQuestion::answered, this, &HeadsView::take);
  connect(m_source, &QComboBox::currentIndexChanged, this, &HeadsView::showSource);
  connect(m_again, &QPushButton::clicked, this, &HeadsView::ask);
  connect(m_list->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& row) {
    if (!row.isValid()) return;
    const auto [layer, head] = m_table->headAt(m_order->mapToSource(row).row());
    this->data().selection().setHead(layer, head);
  });
  connect(&data.selection(), &Selection::changed, this, &HeadsView::showHead);
  connect(&data, &ViewData::modelChanged, this, [this] {
    m_asked = false;
    showNothing(this->data().model() ? Text::tr("Not scored yet.") : Text::tr("A model must be loaded to look inside it."));
    askOnce();
  });
  connect(&data, &ViewData::actingEditsChanged, this, [this] {
    m_asked = false;
    askOnce();
  });
  showNothing(Text::tr("A model must be loaded to look inside it."));
}

void HeadsView::layOut() {
  m_source->setObjectName(QStringLiteral("headsSource"));
  m_source->setAccessibleName(Text::tr("What the heads are scored on"));
  m_source->addItems({Text::tr("On repeated random tokens"), Text::tr("On the conversation")});
  m_again->setObjectName(QStringLiteral("headsAgain"));
  m_order->setSourceModel(m_table);
  m_order->setSortRole(HeadTable::kSortRole);
  m_list->setObjectName(QStringLiteral("headsList"));
  m_list->setAccessibleName(Text::tr("Heads with their scores"));
  m_list->setModel(m_order);
  m_list->setSortingEnabled(true);
  m_list->sortByColumn(HeadTable::kHead, Qt::AscendingOrder);
  m_list->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_list->setSelectionMode(QAbstractItemView::SingleSelection);
  m_list->setShowGrid(false);
  m_list->setTabKeyNavigation(false);
  m_list->verticalHeader()->hide();
  m_list->horizontalHeader()->setHighlightSections(false);
  const int wide = m_list->fontMetrics().horizontalAdvance(QStringLiteral("0.000")) + Theme::kGrid;
  m_list->horizontalHeader()->setMinimumSectionSize(1);
  m_list->horizontalHeader()->setDefaultSectionSize(wide);
  m_list->setColumnWidth(HeadTable::kName, wide * 2);
  m_list->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  m_list->verticalHeader()->setDefaultSectionSize(m_list->fontMetrics().height() + Theme::kGrid / 2);
  QVBoxLayout* body = makeBody(m_body);
  body->addWidget(m_source);
  body->addWidget(m_list, 1);
  body->addWidget(m_note);
  QVBoxLayout* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_body, 1);
  column->addWidget(m_again, 0, Qt::AlignLeft);
  column->addStretch(0);
}

void HeadsView::askOnce() {
  if (isShown() && !m_asked && data().model()) ask();
}

void HeadsView::ask() {
  const qint64 id = data().selection().tokens().message;
  const StoredMessage* message = data().message(id);
  const auto make = [](const Model& model, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    return std::make_unique<HeadFinder>(model, std::move(tokens));
  };
  m_asked = message != nullptr ? m_question.ask(id, static_cast<int>(message->tokens.size()), make) : m_question.ask(0, 0, make);
}

void HeadsView::take(const Answer& answer) {
  if (!answer.error.isEmpty()) return showNothing(answer.error);
  auto finder = std::dynamic_pointer_cast<const HeadFinder>(answer.inquiry);
  if (!finder || !data().model()) return showNothing(Text::tr("The device gave no attention."));
  m_table->set(finder);
  QStringList names;
  int named = 0;
  for (std::uint32_t layer = 0; layer < finder->layers(); ++layer) {
    for (std::uint32_t head = 0; head < finder->heads(); ++head) {
      const auto habit = finder->name(layer, head);
      names += habit ? habitName(*habit) : QString();
      named += habit ? 1 : 0;
    }
  }
  m_title->setText(Text::tr("%1 of %2 heads stand out").arg(named).arg(names.size()));
  m_facts->setText(Text::tr("A head is named for what it does far more than the median head when random tokens are read twice. Scores are "
                            "mean weights, 0 to 1. Click a heading to sort, a head to select it everywhere."));
  m_note->setText(data().model()->card.isDemo() ? Text::tr(kDemoHeads) : QString());
  m_note->setVisible(!m_note->text().isEmpty());
  m_source->setItemText(1, finder->textTokens() == 0 ? Text::tr("On the conversation (none was scored)")
                                                     : Text::tr("On the conversation, %1 tokens").arg(countText(static_cast<qint64>(finder->textTokens()))));
  m_body->show();
  data().setHeadNames(names);
  showSource();
}

void HeadsView::showNothing(const QString& why) {
  m_question.drop();
  m_table->set(nullptr);
  m_title->setText(Text::tr("No heads scored"));
  m_facts->setText(why);
  m_body->hide();
  m_again->setEnabled(data().model() != nullptr);
}

void HeadsView::showSource() {
  m_table->setSource(m_source->currentIndex() == 0 ? HeadFinder::Source::random : HeadFinder::Source::text);
  showHead();
}

void HeadsView::showHead() {
  const int row = m_table->rowOf(data().selection().layer(), data().selection().head());
  if (row < 0) return m_list->clearSelection();
  const QModelIndex cell = m_order->mapFromSource(m_table->index(row, 0));
  if (m_list->currentIndex().row() != cell.row()) m_list->setCurrentIndex(cell);
}

}  // namespace

InspectorView* createHeadsView(ViewData& data, QWidget* parent) { return new HeadsView(data, parent); }

}  // namespace cutaway
