// A cell for every layer and head, rows from the first layer down: numbers at the edges, one current cell, mouse and keys.
#pragma once

#include <QWidget>

namespace cutaway {

class LayerHeadGrid : public QWidget {
  Q_OBJECT

 public:
  explicit LayerHeadGrid(QWidget* parent = nullptr);

  void setCurrent(int layer, int head);  ///< -1: none
  QSize sizeHint() const override;

 Q_SIGNALS:
  /// By mouse or key; -1 and -1 when the current head was chosen again, where that means none.
  void headChosen(int layer, int head);

 protected:
  static constexpr int kMargin = 22, kGap = 2;  ///< pixels: for the numbers, between cells

  virtual int layers() const = 0;  ///< 0: nothing is shown
  virtual int heads() const = 0;
  virtual QSize cellHint() const = 0;  ///< with the gap
  virtual QString describe(int layer, int head) const = 0;  ///< of a head that there is
  virtual void paintCell(QPainter& painter, const QRect& place, int layer, int head) = 0;
  virtual bool clearsWhenChosenAgain() const { return false; }

  QRect cell(int layer, int head) const;

  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent*) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  bool has(int layer, int head) const { return layer >= 0 && layer < layers() && head >= 0 && head < heads(); }
  std::pair<int, int> headAt(QPoint place) const;  ///< -1 and -1 beside the cells
  void paintNumbers(QPainter& painter);

  int m_layer = -1, m_head = -1;
};

}  // namespace cutaway
