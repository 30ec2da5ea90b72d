// An edit put together by picking: part of the model, layer, head or neuron, tokens, and what is done there. Or typed.
#pragma once

#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

#include "ui/choice_box.h"
#include "ui/views/view_question.h"

namespace cutaway {

class EditBuilder : public QWidget {
  Q_OBJECT

 public:
  explicit EditBuilder(ViewData& viewData);

  /// What is selected: layer, head, neuron and word; and the sizes of the model.
  void follow();

 private:
  enum class Act : quint8 { off, times, value };
  enum class At : quint8 { everywhere, word, fromWord, number };
  struct Place {
    int layer = -1, head = -1, neuron = -1;
    bool operator==(const Place&) const = default;
  };
  /// Where a value was taken from.
  struct Source {
    QString file, value, word;
  };

  void setUp();
  void layOut();
  void propose(const Place& place);
  void askPosition();  ///< of the selected word in its text
  void takeValue();    ///< of the selected word, to be put elsewhere
  void showProposed();
  QString value() const;   ///< the name, without brackets
  QString part() const;    ///< in brackets, with the tokens; or nothing
  QString change() const;  ///< behind the equals sign; empty: it needs something first
  void add();
  Act act() const { return static_cast<Act>(m_act->currentIndex()); }
  At at() const { return static_cast<At>(m_at->currentIndex()); }

  ViewData& m_data;
  ChoiceBox *m_part, *m_act, *m_at;
  QSpinBox *m_layer, *m_index, *m_number;
  QDoubleSpinBox* m_factor;
  QPushButton *m_take, *m_add;
  QLabel* m_hint;
  QLineEdit* m_text;
  ViewQuestion m_positionQuestion, m_valueQuestion;
  Place m_proposed;
  TokenRange m_word;  ///< whose position is known, or asked for
  int m_position = -1;
  Source m_source, m_asked;
  int m_heads = 1, m_neurons = 1;
};

}  // namespace cutaway
