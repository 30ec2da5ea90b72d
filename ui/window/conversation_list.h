// The list of conversations with its search field: opens, renames (F2), deletes, exports.
#pragma once

#include <QListView>
#include <QWidget>

#include "ui/window/conversation_model.h"

class QLabel;
class QLineEdit;

namespace cutaway {

class ConversationListView;

class ConversationListPanel : public QWidget {
  Q_OBJECT

 public:
  explicit ConversationListPanel(QWidget* parent = nullptr);

  void setConversations(const ConversationList& list);
  void setCurrent(qint64 conversation);  ///< 0: none
  qint64 current() const;
  QString search() const;
  void focusSearch();
  void renameCurrent();

 Q_SIGNALS:
  void searchChanged(const QString& text);  ///< when typing has paused
  void opened(qint64 conversation);
  void renamed(qint64 conversation, const QString& title);
  void deleteRequested(qint64 conversation);
  void exportRequested(qint64 conversation);

 private:
  void showMenu(const QPoint& at);

  QLineEdit* m_search;
  QListView* m_list;
  QLabel* m_nothing;
  ConversationModel* m_model;
  qint64 m_current = 0;
};

}  // namespace cutaway
