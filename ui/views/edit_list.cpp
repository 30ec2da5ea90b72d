#include "ui/views/edit_list.h"

#include <QGridLayout>
#include <QKeyEvent>

#include "ui/theme.h"

namespace cutaway {
namespace {

constexpr int kLines = 8;

/// Without the folders of the file that it names.
QString shortEdit(const QString& text) {
  const qsizetype folders = text.lastIndexOf(QLatin1Char('/')), path = text.indexOf(QLatin1Char(':'));
  if (path < 0 || folders <= path) return text;
  return text.left(path + 1) + QStringLiteral("…") + text.mid(folders);
}

}  // namespace

EditList::EditList(EditBook& book, QWidget* parent)
    : QWidget(parent),
      m_book(book),
      m_list(new QListWidget),
      m_remove(new QPushButton(tr("Remove"))),
      m_undo(new QPushButton(tr("&Undo"))) {
  m_list->setObjectName(QStringLiteral("editList"));
  m_list->setAccessibleName(tr("Edits"));
  m_list->setSizeAdjustPolicy(QAbstractScrollArea::AdjustToContents);
  m_list->setMaximumHeight(m_list->fontMetrics().height() * kLines);
  m_list->setTextElideMode(Qt::ElideMiddle);
  m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_list->installEventFilter(this);
  m_remove->setObjectName(QStringLiteral("editRemove"));
  m_undo->setObjectName(QStringLiteral("editUndo"));
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins({});
  grid->setSpacing(Theme::kGrid);
  grid->addWidget(m_list, 0, 0, 1, 2);
  grid->addWidget(m_remove, 1, 0);
  grid->addWidget(m_undo, 1, 1);
  connect(m_remove, &QPushButton::clicked, this, &EditList::removeCurrent);
  connect(m_undo, &QPushButton::clicked, &m_book, &EditBook::undo);
  connect(m_list, &QListWidget::itemChanged, this,
          [this](const QListWidgetItem* item) { m_book.setOn(m_list->row(item), item->checkState() == Qt::Checked); });
  connect(&m_book, &EditBook::changed, this, &EditList::showItems);
  showItems();
}

void EditList::showItems() {
  const QSignalBlocker quiet(m_list);
  const int current = m_list->currentRow(), before = m_list->count();
  m_list->clear();
  for (const EditBook::Item& item : m_book.items()) {
    auto* row = new QListWidgetItem(shortEdit(item.text), m_list);
    row->setFlags(row->flags() | Qt::ItemIsUserCheckable);
    row->setCheckState(item.on ? Qt::Checked : Qt::Unchecked);
    row->setToolTip(item.text);
  }
  const int last = m_list->count() - 1;
  m_list->setCurrentRow(last >= before ? last : qMin(current, last));  // a new one, or the place of the one before
  m_list->setVisible(last >= 0);
  m_remove->setEnabled(last >= 0);
  m_undo->setEnabled(m_book.canUndo());
}

void EditList::removeCurrent() {
  m_book.remove(m_list->currentRow() < 0 ? m_list->count() - 1 : m_list->currentRow());
}

bool EditList::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Delete) {
    removeCurrent();
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace cutaway
