// How many prompt tokens a step may take to stay under a time budget, learnt from the steps so far.
#pragma once

#include <chrono>
#include <cstdint>

namespace cutaway {

inline constexpr std::chrono::milliseconds kSharedBudget{50};  ///< of a step that others wait behind: chat, Esc
inline constexpr std::chrono::milliseconds kAloneBudget{400};  ///< of a step that nobody waits behind

/// A step of n > 1 tokens is taken to cost a + b * ceil(n / tile): `a` is what every step costs, and kernels
/// that read weights for a tile of tokens cost as much for a part of one.
class ChunkPlanner {
 public:
  static constexpr std::uint32_t kFirst = 32;  ///< tokens of a step while the speed is unknown, at most
  static constexpr std::uint32_t kGrowth = 4;  ///< times the longest step so far, at most
  static constexpr std::uint32_t kTrials = 2;  ///< steps before a tile can be thought too slow
  static constexpr std::uint32_t kRetry = 16;  ///< steps of one token after which a tile is tried again
  static constexpr double kSlower = 2;  ///< times as long as a reader without a budget takes, at most

  /// `first`: tokens of a step while the speed is unknown, at least 2; rounded up to whole tiles.
  explicit ChunkPlanner(std::uint32_t first = kFirst, std::uint32_t tile = 1);

  /// Told after every step. The first one may compile shaders, so it is forgotten when the next is much
  /// faster; slower than predicted counts at once, as later steps look back at more tokens. Steps of one
  /// token are decoding: their price says nothing of a chunk's, only whether going by ones is worth it.
  void record(std::uint32_t tokens, double seconds);

  /// Tokens of the next step: as many as are predicted to stay under the budget, 1 to `longest`. From one
  /// tile on whole tiles. A budget must not make reading many times slower on a device that is slow or busy,
  /// so a step may take twice what every step costs anyway. Where not even a tile would stay under that, one
  /// token, if going by ones is not much slower; now and then a tile all the same, as what made the last one
  /// slow may be over.
  std::uint32_t tokensFor(std::chrono::milliseconds budget, std::uint32_t longest);

  /// Seconds that a step of this many tokens, more than one, is expected to take; 0 while unknown.
  double predicted(std::uint32_t tokens) const;

 private:
  double tiles(std::uint32_t tokens) const;
  bool goesByOnes(double tiles) const;
  void fit(double latestTiles, double latestSeconds);

  std::uint32_t m_first, m_tile;
  std::uint32_t m_records = 0, m_longest = 0;
  std::uint32_t m_refused = 0;  ///< steps of one token since the last longer one
  double m_one = 0;             ///< seconds of the latest step of one token; 0 while unknown
  double m_fixed = 0, m_perTile = 0;
  /// Sums over the steps so far, each counting half as much as the next: 1, tiles, seconds, tiles^2,
  /// tiles * seconds.
  double m_weight = 0, m_sumTiles = 0, m_sumSeconds = 0, m_sumSquares = 0, m_sumProducts = 0;
};

}  // namespace cutaway
