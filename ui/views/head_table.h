// All heads of the model with their scores, as a table that can be sorted by any of them.
#pragma once

#include <QAbstractTableModel>
#include <memory>

#include "core/inspect/head_finder.h"

namespace cutaway {

/// "induction", translated.
QString habitName(HeadHabit habit);

class HeadTable : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kHead, kName, kFirstScore };
  static constexpr int kSortRole = Qt::UserRole + 20;  ///< a number, or the name

  using QAbstractTableModel::QAbstractTableModel;

  void set(std::shared_ptr<const HeadFinder> finder);
  void setSource(HeadFinder::Source source);
  const std::shared_ptr<const HeadFinder>& finder() const { return m_finder; }
  std::pair<int, int> headAt(int row) const;  ///< layer and head
  int rowOf(int layer, int head) const;       ///< -1 when there is none
  QString csv() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& cell, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  QString name(int row) const;
  double score(int row, int column) const;

  std::shared_ptr<const HeadFinder> m_finder;
  HeadFinder::Source m_source = HeadFinder::Source::random;
};

}  // namespace cutaway
