// The logit lens as a table: layers from the last one down, words from left to right.
#pragma once

#include <QAbstractTableModel>
#include <functional>
#include <vector>

#include "core/inspect/lens.h"

namespace cutaway {

class LensTable : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum class Shade : quint8 { finalProbability, probability, rank, entropy, divergence };

  using QAbstractTableModel::QAbstractTableModel;

  struct Column {
    int token = 0;                ///< its place in the text; what is said is about the next one
    QString word;                 ///< that was said in the end
    std::vector<LensCell> cells;  ///< from the embedding up
  };
  /// All columns have as many cells. `texts`: of tokens, as people read them.
  void set(std::vector<Column> columns, std::function<QString(TokenId)> texts);
  void append(Column column);  ///< ignored where it has another number of cells than those before
  void setShade(Shade shade);
  void setMarked(int column);  ///< -1: none

  /// “Nora”: decided after layer 4 of 6.
  QString summary(int column) const;
  QString describe(const QModelIndex& cell) const;  ///< a line per fact
  QString csv() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& cell, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  const std::vector<LensCell>& cells(int column) const { return m_columns[static_cast<std::size_t>(column)].cells; }
  std::size_t lensRow(int row) const { return static_cast<std::size_t>(rowCount() - 1 - row); }
  static QString rowName(std::size_t lensRow);
  QString label(TokenId token) const;
  float strength(const LensCell& cell) const;  ///< of the shade, 0 to 1
  void repaint(int role);

  std::vector<Column> m_columns;
  std::function<QString(TokenId)> m_texts;
  Shade m_shade = Shade::finalProbability;
  int m_marked = -1;
};

}  // namespace cutaway
