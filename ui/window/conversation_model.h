// The list of conversations as an item model: grouped by day, renamed in place.
#pragma once

#include <QAbstractListModel>
#include <QDate>

#include "ui/store/store_data.h"

namespace cutaway {

/// Rows are headings ("Today", not selectable) and conversations below them.
class ConversationModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Roles { idRole = Qt::UserRole, headingRole, countRole };

  using QAbstractListModel::QAbstractListModel;

  void setConversations(const ConversationList& list, const QDate& today = QDate::currentDate());
  QModelIndex indexOf(qint64 conversation) const;  ///< invalid when it is not listed
  int conversations() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;

 Q_SIGNALS:
  void renamed(qint64 conversation, const QString& title);

 private:
  struct Row {
    QString text;
    qint64 id = 0;  ///< 0: a heading
    int messages = 0;
  };
  QVector<Row> m_rows;
};

}  // namespace cutaway
