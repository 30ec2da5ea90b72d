// Attention weights of some tokens to some others, drawn together to at most the resolution of a screen.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/graph/indices.h"

namespace cutaway {

/// One layer's weights, linear, from 0 to 1. A row of the tile stands for one token or several neighbours, a
/// column for one key or several; what shares a cell shows its largest weight. Plain data.
struct MapTile {
  static constexpr std::int32_t kMean = -1, kLargest = -2;  ///< in `heads`: of all that were asked for

  std::uint32_t layer = 0;
  std::vector<std::int32_t> heads;
  IndexRange rows, keys;  ///< positions in the text
  std::uint32_t height = 0, width = 0;
  std::vector<float> weights;  ///< (heads, height, width)
  /// (heads, height), over all keys that the row's tokens see, not the tile's alone; of several tokens the
  /// mean entropy, in nats, and the largest weight. The first token of a text often takes what no other gets:
  /// the same without it, and the first column without it, where the tile begins with it.
  std::vector<float> entropy, largest, largestWithoutSink, firstWithoutSink;

  MapTile() = default;
  /// All zero.
  MapTile(std::uint32_t layer, std::vector<std::int32_t> heads, IndexRange rows, IndexRange keys,
          std::uint32_t mostRows, std::uint32_t mostKeys);

  IndexRange rowsOf(std::uint32_t y) const;  ///< tokens that share a row
  IndexRange keysOf(std::uint32_t x) const;
  std::uint32_t yOf(std::uint32_t token) const;
  float at(std::size_t head, std::uint32_t y, std::uint32_t x) const {
    return weights[(head * height + y) * std::size_t{width} + x];
  }
  std::uint64_t bytes() const { return (weights.size() + 4 * entropy.size()) * sizeof(float); }

  /// Takes in one token's weights of the keys from 0 on; behind the last one given they are 0.
  /// `entropyShare`: its entropy, divided by how many tokens are taken into the row.
  void fold(std::size_t head, std::uint32_t y, std::span<const float> row, float entropyShare);
};

/// -sum p ln p, within 1e-4 for weights that sum to 1.
float entropyOf(std::span<const float> weights);

}  // namespace cutaway
