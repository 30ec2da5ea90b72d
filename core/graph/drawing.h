// Where the parts of a graph's drawing go: ops from above to below, one layer in full, the others folded.
#pragma once

#include "core/graph/graph.h"

namespace cutaway {

struct DrawnRect {
  int x = 0, y = 0, width = 0, height = 0;
  int right() const { return x + width; }
  int bottom() const { return y + height; }
  bool operator==(const DrawnRect&) const = default;
};

struct DrawnPoint {
  int x = 0, y = 0;
  bool operator==(const DrawnPoint&) const = default;
};

/// An op, or some layers that are folded into one box.
struct DrawnBox {
  std::int32_t node = kNone;                        ///< kNone: folded layers
  std::uint32_t firstLayer = 0, foldedLayers = 0;   ///< of a fold
  DrawnRect rect;
};

/// A value below the box that makes it; those that are computed on demand come first.
struct DrawnValue {
  ValueId value = kNone;
  DrawnRect rect;
};

/// Carries a value from below its rectangle to the top of a box, in straight pieces across and down.
struct DrawnEdge {
  ValueId value = kNone;
  std::size_t from = 0, to = 0;  ///< indices into GraphDrawing::boxes
  std::vector<DrawnPoint> points;
};

struct GraphDrawing {
  int width = 0, height = 0;
  std::vector<DrawnBox> boxes;  ///< from above to below
  std::vector<DrawnValue> values;
  std::vector<DrawnEdge> edges;
  DrawnRect layer;  ///< around the layer that is drawn in full; empty when the graph has none
};

/// In whatever unit the fonts have.
struct DrawingSizes {
  int boxWidth = 132, boxHeight = 40, valueHeight = 36;
  int columnGap = 18;  ///< between two columns
  int track = 7;       ///< between two edges that run across
  int margin = 12;
};

/// The residual stream runs down the left side, its branches to the right. No two rectangles touch, and no edge crosses
/// one. Values of folded layers are drawn only where something outside reads them. A layer that does not exist: the last.
GraphDrawing drawGraph(const Graph& graph, std::uint32_t layer, const DrawingSizes& sizes);

/// A value's shape with the letters of the paper: "T × H=8 × d=32".
std::string symbolicShape(const Graph& graph, ValueId value);

}  // namespace cutaway
