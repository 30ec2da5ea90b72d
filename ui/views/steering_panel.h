// A slider that adds multiples of a direction behind a layer, in the chat at once, and what it does to the next token.
#pragma once

#include <QDoubleSpinBox>
#include <QLabel>
#include <QSlider>
#include <QTableWidget>
#include <QTimer>

#include "core/inspect/concept.h"
#include "ui/views/view_question.h"

namespace cutaway {

/// The edit is one of the list of edits, so that Interventions shows it and it can be undone there; the slider follows the list.
class SteeringPanel : public QWidget {
  Q_OBJECT

 public:
  /// `view`: that it is a part of; nothing is asked while that is not shown.
  SteeringPanel(ViewData& viewData, InspectorView& view);

  /// Null: none. `text` is looked at while no word is selected.
  void setFound(std::shared_ptr<const Concept> found, const QString& text);
  void setLayer(int layer);  ///< index into Concept::layers()
  void askSoon();  ///< as the view is shown now, or another word is selected

 private:
  void setUp();
  void layOut();
  QString path() const;
  QString mark() const;  ///< what the texts of this direction's edits have in them, and no others do
  QString edit(double factor) const;
  void move(double factor);
  void apply();
  void follow();  ///< what the list says
  void ask();
  void take(const Answer& answer);

  ViewData& m_data;
  InspectorView& m_view;
  QLabel *m_title, *m_facts, *m_effect;
  QSlider* m_slider;
  QDoubleSpinBox* m_factor;
  QTableWidget* m_next;
  ViewQuestion m_question;
  QTimer m_applySoon, m_askSoon;
  std::shared_ptr<const Concept> m_found;
  QString m_text, m_name;
  QString m_asked;  ///< the end of the text that is asked about
  int m_layer = 0;
  bool m_written = false;  ///< the file that the edits name
};

}  // namespace cutaway
