// The maps of all layers and heads, small: where to look closer.
#pragma once

#include <QImage>
#include <QWidget>
#include <memory>

#include "core/inspect/attention_map.h"
#include "ui/views/colour_map.h"

namespace cutaway {

class MapGrid : public QWidget {
  Q_OBJECT

 public:
  enum class Cells : quint8 { maps, entropy };

  explicit MapGrid(QWidget* parent = nullptr);

  void setMaps(std::shared_ptr<const AttentionMap> maps);  ///< all heads of all layers; null: none
  void setWithoutSink(bool without);
  void setCells(Cells cells);
  void setCurrent(int layer, int head);  ///< -1: none
  void setNames(const QStringList& names);  ///< of heads, (layers, heads), each or none; their first letters stand in the cells
  int layers() const { return m_maps ? static_cast<int>(m_maps->tiles().size()) : 0; }
  int heads() const { return m_maps ? static_cast<int>(m_maps->tiles().front().heads.size()) : 0; }
  double meanEntropy(int layer, int head) const;  ///< nats

  QSize sizeHint() const override;

 Q_SIGNALS:
  void headChosen(int layer, int head);

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent*) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QRect cell(int layer, int head) const;
  std::pair<int, int> headAt(QPoint place) const;
  QImage draw(const MapTile& tile, std::size_t head) const;
  void drawAll();
  QString describe(int layer, int head) const;

  QString name(int layer, int head) const { return m_names.value(layer * heads() + head); }

  QStringList m_names;
  std::shared_ptr<const AttentionMap> m_maps;
  std::vector<QImage> m_images;  ///< (layers, heads)
  ColourTable m_colours{};
  Cells m_cells = Cells::maps;
  bool m_withoutSink = false;
  int m_layer = -1, m_head = -1;
};

}  // namespace cutaway
