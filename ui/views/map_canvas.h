// A map of attention: tokens on both axes, drawn from tiles at the screen's resolution, with zoom and pan.
#pragma once

#include <QImage>
#include <QWidget>
#include <map>

#include "ui/views/colour_map.h"
#include "ui/views/tile_source.h"

namespace cutaway {

class MapCanvas : public QWidget {
  Q_OBJECT

 public:
  enum class Scale : quint8 {
    linear,     ///< from 0 to the largest weight of the map
    logarithm,  ///< from a ten-thousandth to 1
    rows        ///< each row from 0 to its own largest
  };

  explicit MapCanvas(QWidget* parent = nullptr);

  void setSource(TileSource* source);  ///< not owned; must outlive the canvas
  void setScale(Scale scale);
  void setWithoutSink(bool without);  ///< the first token counts for nothing
  void setCurrent(int row, int key);  ///< -1: none
  int currentRow() const { return m_row; }
  int currentKey() const { return m_key; }
  /// What is said of a cell; shown by the view, and to screen readers of the current one.
  void describe(const QString& text) { setAccessibleDescription(text); }

  void fit();  ///< all of the text
  void zoom(double factor, QPointF around);
  void pan(QPointF pixels);
  double pixelsPerToken() const { return m_pixels; }
  QRect mapArea() const;                       ///< without axes and scale
  std::pair<int, int> cellAt(QPointF place) const;  ///< token and key, -1 and -1 beside the map
  QRectF rectOf(int firstRow, int rows, int firstKey, int keys) const;

  QSize sizeHint() const override { return {320, 360}; }
  QSize minimumSizeHint() const override { return {160, 160}; }

 Q_SIGNALS:
  void hovered(int row, int key);  ///< -1 and -1: none
  void chosen(int row, int key);

 protected:
  void paintEvent(QPaintEvent*) override;
  void resizeEvent(QResizeEvent*) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent*) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void clamp();
  void restyle();
  void hover(int row, int key);
  double fittingPixels() const;
  int level() const;
  const QImage* image(const TileKey& key);
  QImage draw(const MapTile& tile) const;
  float topWeight() const;
  void paintTiles(QPainter& painter, int level);
  void paintLive(QPainter& painter);
  void paintTile(QPainter& painter, const TileKey& key, const QImage& image) const;
  void paintMarks(QPainter& painter) const;
  void paintAxes(QPainter& painter) const;
  void paintAxis(QPainter& painter, bool rows) const;
  void paintScale(QPainter& painter) const;

  TileSource* m_source = nullptr;
  std::map<TileKey, QImage> m_images;
  std::vector<QImage> m_live;  ///< of the source's live rows, as many as were drawn
  ColourTable m_colours{};
  Scale m_scale = Scale::linear;
  bool m_withoutSink = false;
  double m_pixels = 1;  ///< per token
  QPointF m_origin;     ///< (key, row) at the map's top left, in tokens
  bool m_fitted = true;
  int m_row = -1, m_key = -1, m_hoveredRow = -1, m_hoveredKey = -1;
  QPointF m_pressed, m_dragged;
  bool m_dragging = false;
};

}  // namespace cutaway
