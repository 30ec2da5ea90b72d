#include "ui/views/bar_table.h"

#include <QHeaderView>
#include <algorithm>

#include "ui/views/bar_delegate.h"

namespace cutaway {

void setUpBarTable(QTableWidget& table, const QStringList& headings, int barColumn,
                   std::initializer_list<int> leftColumns) {
  table.setColumnCount(static_cast<int>(headings.size()));
  table.setHorizontalHeaderLabels(headings);
  for (int column = 0; column < table.columnCount(); ++column) {
    const bool left = std::ranges::find(leftColumns, column) != leftColumns.end();
    table.horizontalHeaderItem(column)->setTextAlignment((left ? Qt::AlignLeft : Qt::AlignRight) |
                                                         Qt::AlignVCenter);
  }
  table.horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table.horizontalHeader()->setSectionResizeMode(barColumn, QHeaderView::Stretch);
  table.horizontalHeader()->setHighlightSections(false);
  table.verticalHeader()->hide();
  table.setShowGrid(false);
  table.setSelectionBehavior(QAbstractItemView::SelectRows);
  table.setItemDelegateForColumn(barColumn, new BarDelegate(&table));
  table.setTabKeyNavigation(false);
}

QTableWidgetItem* tableCell(const QString& text, Qt::Alignment alignment) {
  auto* item = new QTableWidgetItem(text);
  item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
  item->setTextAlignment(alignment | Qt::AlignVCenter);
  return item;
}

QTableWidgetItem* barCell(const QString& text, double share) {
  QTableWidgetItem* item = tableCell(text);
  item->setData(BarDelegate::kShareRole, share);
  return item;
}

}  // namespace cutaway
