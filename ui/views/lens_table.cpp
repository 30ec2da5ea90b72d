#include "ui/views/lens_table.h"

#include <QFont>
#include <QLocale>
#include <cmath>

#include "ui/chat/token_tip.h"
#include "ui/theme.h"
#include "ui/views/view_saving.h"

namespace cutaway {
namespace {

constexpr float kMostNats = 6;  ///< of entropy and KL: the strongest shade
constexpr float kMostRank = 10;  ///< the weakest shade is for this and worse, on a logarithmic scale

}  // namespace

void LensTable::set(std::vector<Column> columns, std::function<QString(TokenId)> texts) {
  beginResetModel();
  m_columns = std::move(columns);
  m_texts = std::move(texts);
  m_marked = -1;
  endResetModel();
}

void LensTable::append(Column column) {
  if (column.cells.empty() || (!m_columns.empty() && column.cells.size() != m_columns.front().cells.size())) return;
  if (m_columns.empty()) {
    beginResetModel();  // rows come with the first column
    m_columns.push_back(std::move(column));
    return endResetModel();
  }
  beginInsertColumns({}, columnCount(), columnCount());
  m_columns.push_back(std::move(column));
  endInsertColumns();
}

void LensTable::repaint(int role) {
  if (m_columns.empty()) return;
  Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1), {role});
}

void LensTable::setShade(Shade shade) {
  m_shade = shade;
  repaint(Qt::BackgroundRole);
}

void LensTable::setMarked(int column) {
  if (column == m_marked) return;
  m_marked = column;
  repaint(Qt::BackgroundRole);
  Q_EMIT headerDataChanged(Qt::Horizontal, 0, qMax(0, columnCount() - 1));
}

int LensTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || m_columns.empty() ? 0 : static_cast<int>(m_columns.front().cells.size());
}

int LensTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QString LensTable::rowName(std::size_t row) { return row == 0 ? tr("embed") : QString::number(row - 1); }

QString LensTable::label(TokenId token) const { return token >= 0 && m_texts ? tokenLabel(m_texts(token)) : QString(); }

float LensTable::strength(const LensCell& cell) const {
  switch (m_shade) {
    case Shade::probability: return cell.probability[0];
    case Shade::finalProbability: return cell.finalProbability;
    case Shade::rank: return 1 - std::log(static_cast<float>(cell.rank)) / std::log(kMostRank);
    case Shade::entropy: return cell.entropy / kMostNats;
    case Shade::divergence: return cell.divergence / kMostNats;
  }
  return 0;
}

QString LensTable::describe(const QModelIndex& index) const {
  if (!index.isValid() || index.column() >= columnCount()) return {};
  const std::size_t row = lensRow(index.row());
  const LensCell& cell = cells(index.column())[row];
  const auto nats = [](float value) { return QLocale().toString(static_cast<double>(value), 'f', 2); };
  QString text = row == 0 ? tr("The embedding alone would say:") : tr("After layer %1 the model would say:").arg(row - 1);
  for (std::size_t i = 0; i < LensCell::kTop && cell.top[i] >= 0; ++i)
    text += QStringLiteral("\n%1  %2").arg(percentText(cell.probability[i]), label(cell.top[i]));
  text += QLatin1Char('\n') + tr("“%1”, which the last layer says: rank %2, %3")
                                  .arg(label(cells(index.column()).back().top[0]), QLocale().toString(cell.rank),
                                       percentText(cell.finalProbability));
  return text + QLatin1Char('\n') + tr("Entropy %1 nats, KL to the last layer %2").arg(nats(cell.entropy), nats(cell.divergence));
}

QVariant LensTable::data(const QModelIndex& cell, int role) const {
  if (!cell.isValid() || cell.column() >= columnCount()) return {};
  const std::size_t row = lensRow(cell.row());
  const LensCell& found = cells(cell.column())[row];
  switch (role) {
    case Qt::DisplayRole: return label(found.top[0]);
    case Qt::ToolTipRole: return describe(cell);
    case Qt::AccessibleDescriptionRole: return describe(cell);
    case Qt::TextAlignmentRole: return static_cast<int>(Qt::AlignCenter);
    case Qt::BackgroundRole: return Theme::instance().surprise(qBound(0.0f, strength(found), 1.0f));
    case Qt::FontRole: {
      QFont font;
      font.setBold(row >= decidedRow(cells(cell.column())));
      return font;
    }
    default: return {};
  }
}

QVariant LensTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (m_columns.empty()) return {};
  if (orientation == Qt::Vertical) {
    if (role == Qt::DisplayRole) return rowName(lensRow(section));
    if (role == Qt::ToolTipRole) return section == rowCount() - 1 ? tr("Before the first layer") : tr("After layer %1").arg(rowName(lensRow(section)));
    return {};
  }
  if (role == Qt::DisplayRole) return m_columns[static_cast<std::size_t>(section)].word;
  if (role == Qt::ToolTipRole) return summary(section);
  if (role == Qt::FontRole) {
    QFont font;
    font.setBold(section == m_marked);
    return font;
  }
  return {};
}

QString LensTable::summary(int column) const {
  if (column < 0 || column >= columnCount()) return {};
  const std::uint32_t decided = decidedRow(cells(column));
  const QString final = label(cells(column).back().top[0]);
  if (decided == 0) return tr("“%1” is first from the embedding on").arg(final);
  return tr("“%1” is first from layer %2 on, of %3").arg(final).arg(decided - 1).arg(rowCount() - 1);
}

QString LensTable::csv() const {
  if (m_columns.empty()) return {};
  CsvTable csv({QStringLiteral("token"), QStringLiteral("word"), QStringLiteral("layer"), QStringLiteral("would_say"),
                QStringLiteral("probability"), QStringLiteral("rank_of_final"), QStringLiteral("probability_of_final"),
                QStringLiteral("entropy"), QStringLiteral("kl")});
  for (const Column& column : m_columns) {
    for (std::size_t row = 0; row < column.cells.size(); ++row) {
      const LensCell& cell = column.cells[row];
      csv.add({QString::number(column.token), column.word, rowName(row), label(cell.top[0]), csvNumber(cell.probability[0]),
               QString::number(cell.rank), csvNumber(cell.finalProbability), csvNumber(cell.entropy), csvNumber(cell.divergence)});
    }
  }
  return csv.text();
}

}  // namespace cutaway
