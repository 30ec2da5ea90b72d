// A list of edits as a user makes it: parts of the model switched off, scaled, or changed by a typed EDIT; each on or off.
#pragma once

#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QWidget>
#include <vector>

#include "ui/choice_box.h"

namespace cutaway {

class EditList : public QWidget {
  Q_OBJECT

 public:
  explicit EditList(QWidget* parent = nullptr);

  void setSizes(int layers, int heads, int neurons);  ///< of the model
  /// What is selected elsewhere; -1: none.
  void propose(int layer, int head, int neuron);
  QStringList acting() const;         ///< texts of those that are on
  bool isEmpty() const { return m_list->count() == 0; }

 Q_SIGNALS:
  void changed();  ///< what acting() gives

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct Item {
    QString text;
    bool on = true;
    bool operator==(const Item&) const = default;
  };
  using Items = std::vector<Item>;

  void layOut();
  QString proposed() const;
  void showProposed();
  void add();
  void removeCurrent();
  void undo();
  Items items() const;
  void show(const Items& items);
  void note();

  ChoiceBox* m_part;
  QSpinBox *m_layer, *m_index;
  QDoubleSpinBox* m_factor;
  QLineEdit* m_text;
  QListWidget* m_list;
  QPushButton *m_add, *m_remove, *m_undo;
  struct Place {
    int layer = -1, head = -1, neuron = -1;
    bool operator==(const Place&) const = default;
  };
  Place m_proposed;  ///< the last one
  int m_heads = 1, m_neurons = 1;
  Items m_shown;              ///< as the list was told last
  std::vector<Items> m_past;  ///< before each change
};

}  // namespace cutaway
