// All layers and heads as a grid of small strips: each shows where one head's attention lies, first token to
// last.
#pragma once

#include <QImage>
#include <QWidget>

#include "ui/views/token_attention.h"

namespace cutaway {

class HeadGrid : public QWidget {
  Q_OBJECT

 public:
  explicit HeadGrid(QWidget* parent = nullptr);

  void setAttention(std::optional<TokenAttention> attention);
  void setWithoutSink(bool without);
  const std::optional<TokenAttention>& attention() const { return m_attention; }
  void setCurrent(int layer, int head);  ///< -1: none

  QSize sizeHint() const override;

 Q_SIGNALS:
  /// By mouse or key; -1 and -1 when the current head was chosen again.
  void headChosen(int layer, int head);

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent*) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QRect cell(int layer, int head) const;
  std::pair<int, int> headAt(QPoint place) const;  ///< -1 and -1 beside the cells
  void drawStrips();
  QString describe(int layer, int head) const;

  std::optional<TokenAttention> m_attention;
  bool m_withoutSink = false;
  int m_layer = -1, m_head = -1;
  QImage m_strips;  ///< (layers, heads * kStripSteps)
};

}  // namespace cutaway
