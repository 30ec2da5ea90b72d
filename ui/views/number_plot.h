// A row of numbers as bars or as a line, over labelled axes: hover and keyboard tell one of them.
#pragma once

#include <QWidget>
#include <functional>
#include <vector>

namespace cutaway {

class NumberPlot : public QWidget {
  Q_OBJECT

 public:
  struct Data {
    std::vector<double> values;    ///< what is not finite is left out
    double left = 0, right = 1;    ///< of the axis below; equal: the numbers' places
    bool bars = true;
    bool logarithmic = false;      ///< numbers not above 0 lie at the bottom
    QString xTitle, yTitle;
  };

  explicit NumberPlot(QWidget* parent = nullptr);

  void setData(Data data);
  const Data& data() const { return m_data; }
  /// What is said of a number: in the tip, and to screen readers of the current one.
  void setDescription(std::function<QString(int index)> describe) { m_describe = std::move(describe); }
  void setCurrent(int index);  ///< -1: none
  int current() const { return m_current; }
  int indexAt(QPointF place) const;  ///< -1 beside the plot

  QSize sizeHint() const override { return {300, 150}; }
  QSize minimumSizeHint() const override { return {160, 110}; }

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent*) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QRectF area() const;
  QRectF column(int index) const;  ///< of the plot, as high as the number
  double height(double value) const;  ///< 0 to 1
  void paintAxes(QPainter& painter, const QRectF& plot) const;
  void paintNumbers(QPainter& painter, const QRectF& plot) const;

  Data m_data;
  std::function<QString(int)> m_describe;
  double m_low = 0, m_high = 1;  ///< of the axis at the side; exponents of ten where it is logarithmic
  int m_current = -1;
};

}  // namespace cutaway
