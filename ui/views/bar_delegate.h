// Draws a share from 0 to 1 as a bar in a table cell; the number is in the model for those who cannot see it.
#pragma once

#include <QStyledItemDelegate>

namespace cutaway {

class BarDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  static constexpr int kShareRole = Qt::UserRole;      ///< double, 0 to 1
  static constexpr int kMarkRole = Qt::UserRole + 1;  ///< another share to compare with, drawn as a tick; may be unset

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace cutaway
