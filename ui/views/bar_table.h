// Tables of inspector views: rows of plain cells, whole rows selected, one column drawn as bars.
#pragma once

#include <QTableWidget>
#include <initializer_list>

namespace cutaway {

/// What all of them share. Columns are as wide as their contents, the bars take what is left.
void setUpBarTable(QTableWidget& table, const QStringList& headings, int barColumn,
                   std::initializer_list<int> leftColumns);

QTableWidgetItem* tableCell(const QString& text, Qt::Alignment alignment = Qt::AlignLeft);
/// A share from 0 to 1, drawn by the bar column's delegate and read out as `text`.
QTableWidgetItem* barCell(const QString& text, double share);

}  // namespace cutaway
