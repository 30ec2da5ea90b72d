#include "core/run/chunking.h"

#include <algorithm>
#include <cmath>

namespace cutaway {
namespace {

constexpr double kForget = 0.5;  ///< what a step's weight is multiplied by when the next one is recorded
constexpr double kCompiling =
    1.5;                          ///< times the second step's price: the first one did something else as well
constexpr double kSpread = 0.01;  ///< relative variance of sizes from which prices can be told apart
constexpr double kMostFixed = 0.7;  ///< of a step's time, as measured times are noisy

}  // namespace

ChunkPlanner::ChunkPlanner(std::uint32_t first, std::uint32_t tile) : m_tile(std::max(tile, 1u)) {
  m_first = (std::max(first, 2u) + m_tile - 1) / m_tile * m_tile;
}

double ChunkPlanner::tiles(std::uint32_t tokens) const {
  return static_cast<double>((tokens + m_tile - 1) / m_tile);
}

void ChunkPlanner::record(std::uint32_t tokens, double seconds) {
  if (!(seconds >= 0)) return;
  if (tokens <= 1) m_one = seconds;
  if (tokens <= 1) return;
  const double n = tiles(tokens);
  if (m_records++ == 1 && m_perTile > kCompiling * seconds / n)
    m_weight = m_sumTiles = m_sumSeconds = m_sumSquares = m_sumProducts = 0;
  m_longest = std::max(m_longest, tokens);
  m_refused = 0;
  m_weight = kForget * m_weight + 1;
  m_sumTiles = kForget * m_sumTiles + n;
  m_sumSeconds = kForget * m_sumSeconds + seconds;
  m_sumSquares = kForget * m_sumSquares + n * n;
  m_sumProducts = kForget * m_sumProducts + n * seconds;
  fit(n, seconds);
}

/// Least squares where sizes differ enough to tell the two costs apart, else with the fixed cost as known so
/// far; 0 overestimates longer steps.
void ChunkPlanner::fit(double latestTiles, double latestSeconds) {
  const double spread = m_weight * m_sumSquares - m_sumTiles * m_sumTiles;
  if (spread > kSpread * m_sumTiles * m_sumTiles) {
    const double slope = (m_weight * m_sumProducts - m_sumTiles * m_sumSeconds) / spread;
    m_fixed = std::max((m_sumSeconds - slope * m_sumTiles) / m_weight, 0.0);
  }
  m_fixed = std::min(m_fixed, kMostFixed * m_sumSeconds / m_weight);
  m_perTile = (m_sumSeconds - m_fixed * m_weight) / m_sumTiles;
  const double expected = m_fixed + m_perTile * latestTiles;
  if (latestSeconds <= expected) return;
  m_fixed *= latestSeconds / expected;
  m_perTile *= latestSeconds / expected;
}

double ChunkPlanner::predicted(std::uint32_t tokens) const {
  return m_records > 0 ? m_fixed + m_perTile * tiles(tokens) : 0;
}

/// Whether so many tiles, token by token, take at most `kSlower` times as long as at once.
bool ChunkPlanner::goesByOnes(double tiles) const {
  return m_one * tiles * m_tile <= kSlower * (m_fixed + m_perTile * tiles);
}

std::uint32_t ChunkPlanner::tokensFor(std::chrono::milliseconds budget, std::uint32_t longest) {
  longest = std::max(longest, 1u);
  if (m_records == 0) return std::min(m_first, longest);
  const double budgeted = std::chrono::duration<double>(budget).count() - m_fixed;
  const double anyway = m_one > 0 ? std::min(m_fixed, m_one) : m_fixed;
  const auto tilesIn = [this, longest](double seconds) {
    return m_perTile > 0 ? std::floor(std::max(seconds, 0.0) / m_perTile) : longest;
  };
  const double fitting = tilesIn(std::max(budgeted, (kSlower - 1) * anyway));
  const bool isOver = tilesIn(budgeted) < 1;
  if (isOver && m_records >= kTrials && goesByOnes(std::max(fitting, 1.0)) && ++m_refused < kRetry) return 1;
  double least = std::max(m_tile, 2u);  // one token would teach nothing
  if (isOver && m_records < kTrials && m_longest <= least) least *= 2;  // nor would as many as before
  const auto tokens = static_cast<std::uint32_t>(std::min(
      {std::max(fitting * m_tile, least), double{kGrowth} * m_longest, static_cast<double>(longest)}));
  return tokens >= m_tile ? tokens - tokens % m_tile : std::max(tokens, 1u);
}

}  // namespace cutaway
