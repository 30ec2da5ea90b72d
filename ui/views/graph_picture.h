// A model drawn from its graph: ops as boxes, values below them, one layer in full. Values can be walked and chosen.
#pragma once

#include <QWidget>
#include <memory>

#include "core/graph/drawing.h"

namespace cutaway {

struct ModelDescription;

class GraphPicture : public QWidget {
  Q_OBJECT

 public:
  explicit GraphPicture(QWidget* parent = nullptr);

  void setModel(std::shared_ptr<const ModelDescription> model, int layer);  ///< null: nothing is drawn
  const GraphDrawing& drawing() const { return m_drawing; }
  void setCurrent(ValueId value);  ///< kNone, or one that is not drawn: none
  ValueId current() const { return m_current; }
  QRect rectOf(ValueId value) const;  ///< null when it is not drawn
  QString describe(ValueId value) const;

  QSize sizeHint() const override;

 Q_SIGNALS:
  void valueChosen(int value);  ///< by a click or a key
  void layerChosen(int layer);  ///< a fold was opened

 protected:
  bool event(QEvent* event) override;
  void changeEvent(QEvent* event) override;
  void paintEvent(QPaintEvent*) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void draw();
  int boxAt(QPoint place) const;
  ValueId valueAt(QPoint place) const;
  QString boxText(const DrawnBox& box) const;
  QString boxWeights(const DrawnBox& box) const;
  QString describeBox(const DrawnBox& box) const;
  void paintBox(QPainter& painter, const DrawnBox& box) const;
  void paintValue(QPainter& painter, const DrawnValue& value) const;
  void paintEdge(QPainter& painter, const DrawnEdge& edge) const;
  void choose(ValueId value);

  std::shared_ptr<const ModelDescription> m_model;
  int m_layer = 0;
  GraphDrawing m_drawing;
  ValueId m_current = kNone;
};

}  // namespace cutaway
