// All layers and heads as a grid of small strips: each shows where one head's attention lies, first token to
// last.
#pragma once

#include <QImage>
#include "ui/views/layer_head_grid.h"
#include "ui/views/token_attention.h"

namespace cutaway {

class HeadGrid : public LayerHeadGrid {
  Q_OBJECT

 public:
  explicit HeadGrid(QWidget* parent = nullptr);

  void setAttention(std::optional<TokenAttention> attention);
  void setWithoutSink(bool without);
  const std::optional<TokenAttention>& attention() const { return m_attention; }

 protected:
  int layers() const override { return m_attention ? m_attention->layers() : 0; }
  int heads() const override { return m_attention->heads(); }
  QSize cellHint() const override;
  QString describe(int layer, int head) const override;
  void paintCell(QPainter& painter, const QRect& place, int layer, int head) override;
  bool clearsWhenChosenAgain() const override { return true; }

 private:
  void drawStrips();

  std::optional<TokenAttention> m_attention;
  bool m_withoutSink = false;
  QImage m_strips;  ///< (layers, heads * kStripSteps)
};

}  // namespace cutaway
