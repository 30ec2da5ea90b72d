#include "core/graph/drawing.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/graph/layout.h"

namespace cutaway {
namespace {

/// A box with the values below it, somewhere in a grid: ranks from above to below, columns from left to right.
struct Cell {
  std::int32_t node = kNone;
  std::uint32_t firstLayer = 0, foldedLayers = 0;
  std::int32_t layer = kNone;
  std::vector<ValueId> inputs = {};  ///< that other cells make; each once
  std::vector<ValueId> values = {};  ///< drawn below the box
  int rank = 0, column = 0;
};

class Layouter {
 public:
  Layouter(const Graph& graph, std::uint32_t layer, const DrawingSizes& sizes)
      : m_graph(graph), m_sizes(sizes), m_layer(static_cast<std::int32_t>(std::min(layer, std::max(graph.layers, 1u) - 1))) {}

  GraphDrawing run() {
    makeCells();
    findInputs();
    rank();
    assignColumns();
    place();
    return std::move(m_drawing);
  }

 private:
  void makeCells();
  void addFold(std::int32_t first, std::int32_t end);
  std::size_t cellOf(ValueId value) const { return m_cellOfNode[static_cast<std::size_t>(m_graph.values[value].node)]; }
  void findInputs();
  void rank();
  std::set<std::size_t> trunk() const;
  void assignColumns();
  void place();
  void placeRank(int rank, int y);
  int rankHeight(int rank) const;
  std::map<ValueId, int> tracksAbove(int rank) const;
  int channelHeight(int rank) const;
  int channelBegin(int rank) const { return m_rankTop[static_cast<std::size_t>(rank)] - channelHeight(rank); }
  void placeEdges();
  bool isStraight(const Cell& from, const Cell& to) const { return from.column == to.column && to.inputs.size() == 1; }
  int centre(int column) const { return m_sizes.margin + column * (m_sizes.boxWidth + m_sizes.columnGap) + m_sizes.boxWidth / 2; }
  int port(const Cell& to, std::size_t input, const Cell& from) const;
  bool opensFrame(int rank) const { return rank == m_firstRank || rank == m_lastRank + 1; }

  const Graph& m_graph;
  const DrawingSizes& m_sizes;
  std::int32_t m_layer;
  std::vector<Cell> m_cells;  ///< in the graph's order
  std::vector<std::size_t> m_cellOfNode;
  std::vector<int> m_rankTop;
  int m_ranks = 0, m_columns = 1, m_firstRank = -1, m_lastRank = -2;  ///< of the layer in full
  GraphDrawing m_drawing;
};

void Layouter::addFold(std::int32_t first, std::int32_t end) {
  if (first >= end) return;
  m_cells.push_back({.firstLayer = static_cast<std::uint32_t>(first), .foldedLayers = static_cast<std::uint32_t>(end - first)});
}

void Layouter::makeCells() {
  m_cellOfNode.resize(m_graph.nodes.size());
  std::int32_t before = kNone;
  for (std::size_t i = 0; i < m_graph.nodes.size(); ++i) {
    const std::int32_t layer = m_graph.nodes[i].layer;
    const bool folded = layer != kNone && layer != m_layer;
    if (folded && (before == kNone || before == m_layer))
      addFold(layer, layer < m_layer ? m_layer : static_cast<std::int32_t>(m_graph.layers));
    if (!folded) {
      m_cells.push_back({.node = static_cast<std::int32_t>(i), .layer = layer});
      for (ValueId value = 0; value < std::ssize(m_graph.values); ++value)
        if (m_graph.values[value].node == static_cast<std::int32_t>(i)) m_cells.back().values.push_back(value);
      std::ranges::stable_sort(m_cells.back().values, std::greater{}, [&](ValueId value) { return m_graph.values[value].onDemand; });
    }
    m_cellOfNode[i] = m_cells.size() - 1;
    before = layer;
  }
}

void Layouter::findInputs() {
  for (std::size_t i = 0; i < m_graph.nodes.size(); ++i) {
    Cell& reader = m_cells[m_cellOfNode[i]];
    for (const ValueId value : m_graph.nodes[i].inputs) {
      if (cellOf(value) == m_cellOfNode[i]) continue;
      if (std::ranges::find(reader.inputs, value) == reader.inputs.end()) reader.inputs.push_back(value);
      std::vector<ValueId>& made = m_cells[cellOf(value)].values;  // a fold shows what is read outside it
      if (std::ranges::find(made, value) == made.end()) made.push_back(value);
    }
  }
}

void Layouter::rank() {
  for (Cell& cell : m_cells) {
    for (const ValueId value : cell.inputs) cell.rank = std::max(cell.rank, m_cells[cellOf(value)].rank + 1);
    m_ranks = std::max(m_ranks, cell.rank + 1);
    if (cell.layer == kNone || cell.layer != m_layer) continue;
    m_firstRank = m_firstRank < 0 ? cell.rank : std::min(m_firstRank, cell.rank);
    m_lastRank = std::max(m_lastRank, cell.rank);
  }
}

/// The residual stream: from the last op back along what each one reads first.
std::set<std::size_t> Layouter::trunk() const {
  std::set<std::size_t> cells;
  if (m_cells.empty()) return cells;
  for (std::size_t at = m_cells.size() - 1;; at = cellOf(m_cells[at].inputs.front())) {
    cells.insert(at);
    if (m_cells[at].inputs.empty()) return cells;
  }
}

/// Below a cell, its column stays free down to the last one that reads it: there the edge runs.
void Layouter::assignColumns() {
  const std::set<std::size_t> left = trunk();
  std::vector<int> lastReader(m_cells.size());
  for (const Cell& cell : m_cells)
    for (const ValueId value : cell.inputs) lastReader[cellOf(value)] = std::max(lastReader[cellOf(value)], cell.rank);
  std::vector<std::size_t> order(m_cells.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return m_cells[i].rank; });
  std::set<std::pair<int, int>> taken;  // rank, column
  for (const std::size_t i : order) {
    Cell& cell = m_cells[i];
    const auto isFree = [&](int column) {
      for (int rank = cell.rank; rank < std::max(lastReader[i], cell.rank + 1); ++rank)
        if (taken.contains({rank, column})) return false;
      return true;
    };
    if (!left.contains(i)) {
      const int wanted = cell.inputs.empty() ? 1 : m_cells[cellOf(cell.inputs.front())].column;
      cell.column = std::max(wanted, 1);
      if (!isFree(cell.column)) cell.column = 1;
      while (!isFree(cell.column)) ++cell.column;
    }
    for (int rank = cell.rank; rank < std::max(lastReader[i], cell.rank + 1); ++rank) taken.insert({rank, cell.column});
    m_columns = std::max(m_columns, cell.column + 1);
  }
}

int Layouter::rankHeight(int rank) const {
  int height = 0;
  for (const Cell& cell : m_cells)
    if (cell.rank == rank)
      height = std::max(height, m_sizes.boxHeight + static_cast<int>(cell.values.size()) * (m_sizes.valueHeight + m_sizes.track));
  return height;
}

/// Of the values that run across above a rank: which of the parallel lines they take.
std::map<ValueId, int> Layouter::tracksAbove(int rank) const {
  std::map<ValueId, int> tracks;
  for (const Cell& cell : m_cells) {
    if (cell.rank != rank) continue;
    for (const ValueId value : cell.inputs)
      if (!isStraight(m_cells[cellOf(value)], cell)) tracks.try_emplace(value, static_cast<int>(tracks.size()));
  }
  return tracks;
}

int Layouter::channelHeight(int rank) const {
  const int tracks = static_cast<int>(tracksAbove(rank).size());
  return rank == 0 ? 0 : (tracks + 2) * m_sizes.track + (opensFrame(rank) ? 2 * m_sizes.margin : 0);
}

void Layouter::placeRank(int rank, int y) {
  for (const Cell& cell : m_cells) {
    if (cell.rank != rank) continue;
    const int x = centre(cell.column) - m_sizes.boxWidth / 2;
    int below = y + m_sizes.boxHeight;
    for (const ValueId value : cell.values) {
      m_drawing.values.push_back({value, {x, below + m_sizes.track, m_sizes.boxWidth, m_sizes.valueHeight}});
      below += m_sizes.track + m_sizes.valueHeight;
    }
  }
}

void Layouter::place() {
  int y = m_sizes.margin;
  for (int rank = 0; rank < m_ranks; ++rank) {
    y += channelHeight(rank);
    m_rankTop.push_back(y);
    placeRank(rank, y);
    y += rankHeight(rank);
  }
  for (const Cell& cell : m_cells)
    m_drawing.boxes.push_back({cell.node, cell.firstLayer, cell.foldedLayers,
                               {centre(cell.column) - m_sizes.boxWidth / 2, m_rankTop[static_cast<std::size_t>(cell.rank)],
                                m_sizes.boxWidth, m_sizes.boxHeight}});
  placeEdges();
  m_drawing.width = centre(m_columns - 1) + m_sizes.boxWidth / 2 + m_sizes.margin;
  m_drawing.height = y + m_sizes.margin;
  if (m_firstRank < 0) return;
  const int top = m_rankTop[static_cast<std::size_t>(m_firstRank)] - m_sizes.margin;
  const int bottom = m_rankTop[static_cast<std::size_t>(m_lastRank)] + rankHeight(m_lastRank) + m_sizes.margin;
  m_drawing.layer = {m_sizes.margin / 2, top, m_drawing.width - m_sizes.margin, bottom - top};
}

/// Where an edge meets the top of a box: inputs side by side; the middle only where the edge comes straight from above, as
/// an edge to another box may run down there.
int Layouter::port(const Cell& to, std::size_t input, const Cell& from) const {
  const int width = m_sizes.boxWidth, inputs = static_cast<int>(to.inputs.size());
  const int x = centre(to.column) - width / 2 + width * (static_cast<int>(input) + 1) / (inputs + 1);
  return x == centre(to.column) && !isStraight(from, to) ? x + width / 8 : x;
}

void Layouter::placeEdges() {
  for (std::size_t i = 0; i < m_cells.size(); ++i) {
    const Cell& to = m_cells[i];
    const std::map<ValueId, int> tracks = tracksAbove(to.rank);
    for (std::size_t input = 0; input < to.inputs.size(); ++input) {
      const ValueId value = to.inputs[input];
      const Cell& from = m_cells[cellOf(value)];
      const auto source = std::ranges::find(m_drawing.values, value, &DrawnValue::value);
      const int down = centre(from.column), end = m_rankTop[static_cast<std::size_t>(to.rank)];
      DrawnEdge edge{value, cellOf(value), i, {{down, source->rect.bottom()}}};
      if (!isStraight(from, to)) {
        const int frame = opensFrame(to.rank) ? m_sizes.margin : 0;
        const int across = channelBegin(to.rank) + frame + (tracks.at(value) + 1) * m_sizes.track;
        edge.points.push_back({down, across});
        edge.points.push_back({port(to, input, from), across});
      }
      edge.points.push_back({port(to, input, from), end});
      m_drawing.edges.push_back(std::move(edge));
    }
  }
}

}  // namespace

std::string symbolicShape(const Graph& graph, ValueId id) {
  const Shape& shape = graph.values[id].shape;
  const ValueLayout layout = layoutOf(graph, id);
  std::string text;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const Dim& dim = shape[i];
    text += i > 0 ? " \u00d7 " : "";
    if (dim.symbol != Dim::Symbol::fixed) {
      text += dim.symbol == Dim::Symbol::T ? "T" : dim.symbol == Dim::Symbol::N ? "N" : "R";
      continue;
    }
    const bool isHeads = layout.heads > 0 && (layout.headsFirst ? i == 0 : i + 1 < shape.size());
    const char* symbol = isHeads                       ? (dim.size == graph.queryHeads ? "H" : "G")
                         : layout.heads > 0            ? "d"
                         : layout.columnName != std::string_view("dim") ? "F"
                         : layout.wantedRows && dim.size != graph.width ? "V"
                                                                        : "D";
    text += concat(symbol, "=", dim.size);
  }
  return text;
}

GraphDrawing drawGraph(const Graph& graph, std::uint32_t layer, const DrawingSizes& sizes) {
  return Layouter(graph, layer, sizes).run();
}

}  // namespace cutaway
