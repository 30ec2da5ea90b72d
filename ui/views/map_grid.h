// The maps of all layers and heads, small: where to look closer.
#pragma once

#include <QImage>
#include <memory>

#include "core/inspect/attention_map.h"
#include "ui/views/colour_map.h"
#include "ui/views/layer_head_grid.h"

namespace cutaway {

class MapGrid : public LayerHeadGrid {
  Q_OBJECT

 public:
  enum class Cells : quint8 { maps, entropy };

  explicit MapGrid(QWidget* parent = nullptr);

  void setMaps(std::shared_ptr<const AttentionMap> maps);  ///< all heads of all layers; null: none
  void setWithoutSink(bool without);
  void setCells(Cells cells);
  void setNames(const QStringList& names);  ///< of heads, (layers, heads), each or none; their first letters stand in the cells
  int layers() const override { return m_maps ? static_cast<int>(m_maps->tiles().size()) : 0; }
  int heads() const override { return m_maps ? static_cast<int>(m_maps->tiles().front().heads.size()) : 0; }
  double meanEntropy(int layer, int head) const;  ///< nats

 protected:
  QSize cellHint() const override;
  QString describe(int layer, int head) const override;
  void paintCell(QPainter& painter, const QRect& place, int layer, int head) override;

 private:
  QImage draw(const MapTile& tile, std::size_t head) const;
  void drawAll();

  QString name(int layer, int head) const { return m_names.value(layer * heads() + head); }

  QStringList m_names;
  std::shared_ptr<const AttentionMap> m_maps;
  std::vector<QImage> m_images;  ///< (layers, heads)
  ColourTable m_colours{};
  Cells m_cells = Cells::maps;
  bool m_withoutSink = false;
};

}  // namespace cutaway
