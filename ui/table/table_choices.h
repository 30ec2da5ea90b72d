// What a table of models is made of: the reference, the precisions and files beside it, the text, how much of it.
#pragma once

#include <QTimer>
#include <QWidget>

#include "ui/table/table_job.h"

class QComboBox;
class QLineEdit;
class QListWidget;
class QListWidgetItem;
class QSpinBox;

namespace cutaway {

class TableChoices : public QWidget {
  Q_OBJECT

 public:
  /// `models`: paths, or kDemoModel; the first one is the reference at first, the others can be ticked.
  TableChoices(const QStringList& models, QWidget* parent);

  TableOrder order() const;

 Q_SIGNALS:
  void changed();

 private:
  void fillList(const QStringList& models);
  QListWidgetItem* addItem(const QString& title, const QString& path, const QString& simulation, bool ticked);
  void chooseModel();
  void chooseText();

  QComboBox* m_reference;
  QListWidget* m_list;
  QLineEdit* m_text;
  QSpinBox* m_places;
};

}  // namespace cutaway
