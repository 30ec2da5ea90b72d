// The list of edits: each on or off, removed, and the last change undone.
#pragma once

#include <QListWidget>
#include <QPushButton>

#include "ui/views/edit_book.h"

namespace cutaway {

class EditList : public QWidget {
  Q_OBJECT

 public:
  explicit EditList(EditBook& book, QWidget* parent = nullptr);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void removeCurrent();
  void showItems();

  EditBook& m_book;
  QListWidget* m_list;
  QPushButton *m_remove, *m_undo;
};

}  // namespace cutaway
