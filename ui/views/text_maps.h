// The whole text's attention: small maps of all heads, and one of them large.
#pragma once

#include <QCheckBox>
#include <QComboBox>
#include <QScrollArea>

#include "ui/views/attention_source.h"
#include "ui/views/map_canvas.h"
#include "ui/views/map_grid.h"
#include "ui/views/view_parts.h"

namespace cutaway {

/// Follows the data's selection while it is shown; otherwise asks nothing.
class TextMaps : public QWidget {
  Q_OBJECT

 public:
  TextMaps(ViewData& viewData, QWidget* parent = nullptr);
  void setShown(bool shown);
  QString csv() const;  ///< of the large map, as it was drawn together for all of the text

 protected:
  void resizeEvent(QResizeEvent*) override { shareHeight(); }

 private:
  void layOut();
  void shareHeight();
  void follow();        ///< the selection
  void showText(qint64 message);
  void askGrid();
  void takeRows(const LiveBatch& batch);
  void showFacts();
  void pointAt(int row, int key);
  void askRow();
  void tellRow(const Answer& answer);
  void choose(int row, int key);
  AttentionSource::Shown wanted() const;
  QString headText() const;

  ViewData& m_data;
  AttentionSource m_source;
  ViewQuestion m_gridQuestion, m_rowQuestion;
  QLabel *m_title, *m_facts, *m_cell;
  QComboBox *m_heads, *m_scale, *m_cells;
  QCheckBox* m_withoutSink;
  MapGrid* m_grid;
  QScrollArea* m_gridArea;
  MapCanvas* m_canvas;
  QTimer m_textTimer, m_rowTimer, m_rowsTimer;
  qint64 m_message = 0, m_latest = 0;  ///< shown; last written to
  int m_tokens = 0;                    ///< of the message
  quint64 m_lost = 0;                  ///< live rows
  int m_row = -1, m_key = -1;          ///< pointed at
  QString m_problem;
  bool m_shown = false;
};

}  // namespace cutaway
