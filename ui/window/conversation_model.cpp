#include "ui/window/conversation_model.h"

#include <QDateTime>
#include <QFont>
#include <QLocale>

#include "ui/base/text.h"

namespace cutaway {
namespace {

constexpr int kWeek = 7, kMonth = 30;  // days

QString dayHeading(const QDate& day, const QDate& today) {
  const qint64 ago = day.daysTo(today);
  if (ago <= 0) return ConversationModel::tr("Today");
  if (ago == 1) return ConversationModel::tr("Yesterday");
  if (ago < kWeek) return ConversationModel::tr("Last 7 days");
  if (ago < kMonth) return ConversationModel::tr("Last 30 days");
  return QLocale().toString(day, QStringLiteral("MMMM yyyy"));
}

}  // namespace

void ConversationModel::setConversations(const ConversationList& list, const QDate& today) {
  QVector<Row> rows;
  QString heading;
  for (const ConversationSummary& c : list) {
    const QString day = dayHeading(QDateTime::fromMSecsSinceEpoch(c.updated).date(), today);
    if (day != heading) rows.append({heading = day, 0, 0});
    rows.append({c.title, c.id, c.messages});
  }
  beginResetModel();
  m_rows = std::move(rows);
  endResetModel();
}

QModelIndex ConversationModel::indexOf(qint64 conversation) const {
  for (int row = 0; row < m_rows.size(); ++row) {
    if (m_rows[row].id == conversation && conversation != 0) return index(row);
  }
  return {};
}

int ConversationModel::conversations() const {
  return static_cast<int>(std::count_if(m_rows.begin(), m_rows.end(), [](const Row& row) { return row.id != 0; }));
}

int ConversationModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant ConversationModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= m_rows.size()) return {};
  const Row& row = m_rows[index.row()];
  if (role == Qt::DisplayRole || role == Qt::EditRole) return row.text;
  if (role == idRole) return row.id;
  if (role == headingRole) return row.id == 0;
  if (role == countRole) return row.messages;
  if (role == Qt::ToolTipRole && row.id != 0) return row.text;
  if (role == Qt::AccessibleTextRole && row.id != 0) {
    return tr("%1, %2").arg(row.text, plural(row.messages, tr("1 message"), tr("%1 messages")));
  }
  return {};
}

bool ConversationModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const QString title = value.toString().trimmed();
  if (role != Qt::EditRole || !index.isValid() || m_rows[index.row()].id == 0 || title.isEmpty()) return false;
  Row& row = m_rows[index.row()];
  if (row.text == title) return true;
  row.text = title;
  Q_EMIT dataChanged(index, index);
  Q_EMIT renamed(row.id, title);
  return true;
}

Qt::ItemFlags ConversationModel::flags(const QModelIndex& index) const {
  if (!index.isValid() || m_rows[index.row()].id == 0) return Qt::NoItemFlags;
  return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable;
}

}  // namespace cutaway
