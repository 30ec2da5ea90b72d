// Paths of tokens through the layers, in two principal components: hover, keyboard, labelled axes.
#pragma once

#include <QPointF>
#include <QWidget>
#include <vector>

namespace cutaway {

class TrajectoryPlot : public QWidget {
  Q_OBJECT

 public:
  struct Path {
    int token = 0;                ///< place in the text
    QString label;
    std::vector<QPointF> places;  ///< one per row of layers
  };
  struct Data {
    std::vector<Path> paths;     ///< the first one is the selected word's
    std::vector<QPointF> cloud;  ///< other states, as a background
    QStringList layers;          ///< names of the rows
    QString xTitle, yTitle;
  };

  explicit TrajectoryPlot(QWidget* parent = nullptr);

  void setData(Data data);
  const Data& data() const { return m_data; }
  void setLayer(int row);  ///< which point of the paths is ringed; -1: none
  QPointF placeOf(int path, int row) const;  ///< in the widget
  /// Path and row of the point nearest to a place, at most a few pixels off; -1 and -1 when there is none.
  std::pair<int, int> pointAt(QPointF place) const;

  QSize sizeHint() const override { return {300, 240}; }
  QSize minimumSizeHint() const override { return {160, 140}; }

 Q_SIGNALS:
  void chosen(int token, int row);  ///< a point, by a click or a key

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent*) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QRectF area() const;
  void findRange();
  QString describe(int path, int row) const;
  void announce();
  void paintAxes(QPainter& painter) const;
  void paintPath(QPainter& painter, int path) const;

  Data m_data;
  QRectF m_range{0, 0, 1, 1};  ///< of the components; y upwards
  int m_row = -1, m_path = 0;
};

}  // namespace cutaway
