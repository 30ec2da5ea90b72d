// The entries of a weight as an image, scaled down: rows from above, columns from the left, two colours around zero.
#pragma once

#include <QImage>
#include <QWidget>

#include "core/inspect/tensor_stats.h"

namespace cutaway {

class WeightPicture : public QWidget {
  Q_OBJECT

 public:
  explicit WeightPicture(QWidget* parent = nullptr);

  /// `rows` and `columns` are the weight's own. `mean`: the cells' means, else their strongest entries.
  void setImage(WeightImage image, quint64 rows, quint64 columns, bool mean);
  QString describe(QPoint place) const;  ///< the rows, columns and number under a place; empty beside the image

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override { return {300, heightForWidth(300)}; }

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent*) override;

 private:
  QRect area() const;
  void draw();

  WeightImage m_image;
  quint64 m_rows = 0, m_columns = 0;
  bool m_mean = false;
  float m_most = 0;  ///< the colours' ends
  QImage m_drawn;
};

}  // namespace cutaway
