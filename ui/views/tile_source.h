// Where a map of attention gets its tiles: the engine, or in tests a function.
#pragma once

#include <QObject>
#include <QString>

#include "core/inspect/map_tile.h"

namespace cutaway {

/// A square piece of the map: kTileCells cells a side, each standing for 2^level tokens by 2^level tokens.
inline constexpr int kTileCells = 256;

struct TileKey {
  int level = 0, row = 0, column = 0;

  int span() const { return kTileCells << level; }  ///< tokens a side
  bool operator==(const TileKey&) const = default;
  auto operator<=>(const TileKey&) const = default;
};

/// The level at which one tile shows all of a text.
inline int topLevel(int tokens) {
  int level = 0;
  while ((kTileCells << level) < tokens) ++level;
  return level;
}

class TileSource : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  virtual int tokens() const = 0;  ///< 0: there is no map
  virtual QString piece(int token) const = 0;
  /// The tile, with one map, for the tokens that exist; null while it is not there: changed() follows. Valid until the
  /// event loop runs.
  virtual const MapTile* tile(const TileKey& key) = 0;

  /// Rows that came while an answer was written, oldest first; tiles take their place later. Only grows until replaced().
  virtual const std::vector<MapTile>& live() const {
    static const std::vector<MapTile> none;
    return none;
  }

 Q_SIGNALS:
  void changed();   ///< tiles have come
  void replaced();  ///< another map: nothing that was given holds any more
};

}  // namespace cutaway
