// A map of any length whose weights are a function: what the canvas draws without an engine.
#pragma once

#include <map>

#include "ui/views/tile_source.h"

namespace cutaway::test {

/// Each token looks at the one before it (0.6), at the first (0.3) and a little at every 37th.
class SyntheticTiles : public TileSource {
 public:
  explicit SyntheticTiles(int tokens) : m_tokens(tokens) {}

  int tokens() const override { return m_tokens; }
  QString piece(int token) const override { return QStringLiteral("t%1").arg(token); }
  const MapTile* tile(const TileKey& key) override {
    ++asked;
    if (withheld) return nullptr;
    const auto found = m_tiles.find(key);
    return found != m_tiles.end() ? &found->second : &(m_tiles[key] = make(key));
  }
  std::size_t made() const { return m_tiles.size(); }
  std::uint64_t bytes() const {
    std::uint64_t all = 0;
    for (const auto& [key, tile] : m_tiles) all += tile.bytes();
    return all;
  }

  int asked = 0;
  bool withheld = false;

 private:
  MapTile make(const TileKey& key) const {
    const auto all = static_cast<std::uint32_t>(m_tokens), span = static_cast<std::uint32_t>(key.span());
    const auto range = [&](int place) {
      const std::uint32_t first = static_cast<std::uint32_t>(place) * span;
      return IndexRange{first, std::min(first + span, all)};
    };
    const std::uint32_t cell = 1u << key.level;
    const IndexRange rows = range(key.row), keys = range(key.column);
    MapTile tile(0, {0}, rows, keys, (rows.end - rows.first + cell - 1) / cell, (keys.end - keys.first + cell - 1) / cell);
    for (std::uint32_t y = 0; y < tile.height; ++y) {
      const IndexRange sharing = tile.rowsOf(y);
      tile.largest[y] = tile.largestWithoutSink[y] = 0.6f;
      for (std::uint32_t x = 0; x < tile.width; ++x) {
        const IndexRange of = tile.keysOf(x);
        float weight = of.first / 37 != (of.end - 1) / 37 && of.first < sharing.end ? 0.05f : 0;
        if (of.first == 0) weight = 0.3f;
        if (of.first < sharing.end - 1 && of.end + 1 > sharing.first) weight = 0.6f;
        if (x == 0) tile.firstWithoutSink[y] = weight == 0.3f ? 0 : weight;
        tile.weights[std::size_t{y} * tile.width + x] = weight;
      }
    }
    return tile;
  }

  int m_tokens;
  std::map<TileKey, MapTile> m_tiles;
};

}  // namespace cutaway::test
