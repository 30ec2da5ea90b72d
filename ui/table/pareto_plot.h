// Models as points, size or speed against KL, those that nobody beats joined: hover, click and keyboard tell them.
#pragma once

#include <QByteArray>
#include <QWidget>
#include <functional>

#include "core/eval/pareto.h"

namespace cutaway {

class ParetoPlot : public QWidget {
  Q_OBJECT

 public:
  explicit ParetoPlot(QWidget* parent = nullptr);

  void setPoints(std::vector<ParetoPoint> points, ParetoAxes axes);
  /// What is said of a point: in the tip, and to screen readers of the current one.
  void setDescription(std::function<QString(int point)> describe) { m_describe = std::move(describe); }
  void setCurrent(int point);  ///< -1: none
  int current() const { return m_current; }
  QPointF placeOf(int point) const;  ///< in the widget; null where the point is not drawn
  int pointAt(QPointF place) const;  ///< -1: none within a few pixels

  QSize sizeHint() const override { return {560, 280}; }
  QSize minimumSizeHint() const override { return {280, 140}; }

 Q_SIGNALS:
  void chosen(int point);  ///< by a click or a key

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent*) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QRectF area() const;  ///< of the picture, its shape kept
  QByteArray styled() const;
  void choose(int point);

  std::vector<ParetoPoint> m_points;
  ParetoPicture m_picture;
  std::function<QString(int)> m_describe;
  int m_current = -1;
};

}  // namespace cutaway
