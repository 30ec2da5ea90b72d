// The logit lens as a table: layers from the last one down, words from left to right.
#pragma once

#include <QAbstractTableModel>
#include <functional>
#include <memory>

#include "core/inspect/lens.h"

namespace cutaway {

class LensTable : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum class Shade : quint8 { finalProbability, probability, rank, entropy, divergence };

  using QAbstractTableModel::QAbstractTableModel;

  /// `words`: one per column, that was said in the end. `texts`: of tokens, as people read them.
  void set(std::shared_ptr<const LogitLens> lens, const QStringList& words, std::function<QString(TokenId)> texts);
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
  std::uint32_t lensRow(int row) const { return m_lens->rows() - 1 - static_cast<std::uint32_t>(row); }
  QString rowName(std::uint32_t lensRow) const;
  QString label(TokenId token) const;
  QString describe(std::uint32_t row, std::uint32_t column) const;
  float strength(const LensCell& cell) const;  ///< of the shade, 0 to 1
  void repaint(int role);

  std::shared_ptr<const LogitLens> m_lens;
  QStringList m_words;
  std::function<QString(TokenId)> m_texts;
  Shade m_shade = Shade::finalProbability;
  int m_marked = -1;
};

}  // namespace cutaway
