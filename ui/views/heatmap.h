// A table of numbers as colours: labelled rows and columns, a labelled scale, hover, keyboard; scrolls when it is large.
#pragma once

#include <QAbstractScrollArea>
#include <functional>
#include <vector>

namespace cutaway {

class Heatmap : public QAbstractScrollArea {
  Q_OBJECT

 public:
  struct Data {
    int rows = 0, columns = 0;
    std::vector<float> values;            ///< (rows, columns); what is not finite is left empty
    QStringList rowLabels, columnLabels;  ///< one each, or none
    QString title;                        ///< what the colours mean, beside the scale: "cosine to the last layer"
    bool diverging = false;               ///< two colours around 0, else one from the least to the most
    bool clipped = false;                 ///< the hundredth part at either end may share the end's colour
    bool isEmpty() const { return rows <= 0 || columns <= 0 || values.size() != std::size_t(rows) * std::size_t(columns); }
  };

  explicit Heatmap(QWidget* parent = nullptr);

  void setData(Data data);  ///< of a wrong size: as if empty; the current cell is kept where it exists
  const Data& data() const { return m_data; }
  /// What is said of a cell: in the tip, and to screen readers of the current one. Else labels and number.
  void setDescription(std::function<QString(int row, int column)> describe) { m_describe = std::move(describe); }
  /// -1: the whole column, the whole row, or with both none.
  void setCurrent(int row, int column);
  int currentRow() const { return m_row; }
  int currentColumn() const { return m_column; }

  QRect cellRect(int row, int column) const;      ///< in the viewport
  std::pair<int, int> cellAt(QPoint place) const;  ///< row and column at a place of the viewport; -1 and -1 beside
  float low() const { return m_low; }              ///< of the scale
  float high() const { return m_high; }
  QString csv() const;  ///< a line per row, with the labels

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void chosen(int row, int column);   ///< by a click or a key
  void hovered(int row, int column);  ///< -1 and -1: none

 protected:
  void paintEvent(QPaintEvent*) override;
  void resizeEvent(QResizeEvent*) override;
  void changeEvent(QEvent* event) override;
  bool viewportEvent(QEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void measureLabels();
  void layOut();
  void findRange();
  QColor colour(float value) const;
  QString describe(int row, int column) const;
  QRect cells() const;  ///< the part of the viewport where cells are
  void paintCells(QPainter& painter, const QRect& area) const;
  void paintRowLabels(QPainter& painter, const QRect& area) const;
  void paintColumnLabels(QPainter& painter, const QRect& area) const;
  void paintScale(QPainter& painter) const;
  void showCurrent();
  void announce();

  Data m_data;
  std::function<QString(int, int)> m_describe;
  float m_low = 0, m_high = 1;
  int m_row = -1, m_column = -1, m_hoveredRow = -1, m_hoveredColumn = -1;
  int m_widestRow = 0, m_widestColumn = 0;  ///< of the labels, pixels
  int m_left = 0, m_top = 0;                ///< room for them
  bool m_upright = false;     ///< the columns' labels
  double m_cellWidth = 1, m_cellHeight = 1;
};

}  // namespace cutaway
