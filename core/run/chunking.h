// How many prompt tokens a step may take to stay under a time budget, learnt from the steps so far.
#pragma once

#include <chrono>
#include <cstdint>

namespace cutaway {

class ChunkPlanner {
 public:
  static constexpr std::uint32_t kFirst = 32;  ///< tokens of a step while the speed is unknown, at most
  static constexpr std::uint32_t kGrowth = 4;  ///< times the longest step so far, at most

  /// `first`: tokens of a step while the speed is unknown, at least 2.
  explicit ChunkPlanner(std::uint32_t first = kFirst) : m_first(first) {}

  /// Told after every step. Slower than expected counts at once, faster is believed half-way: a first step
  /// may compile shaders, later ones look back at more tokens. Steps of one token are decoding, whose price
  /// per token says nothing of a chunk's, and count only when they were faster.
  void record(std::uint32_t tokens, double seconds);
  /// At least 1, at most `longest`.
  std::uint32_t tokensFor(std::chrono::milliseconds budget, std::uint32_t longest) const;

 private:
  std::uint32_t m_first;
  double m_secondsPerToken = 0;  ///< 0 before the first step
  std::uint32_t m_longest = 0;
};

}  // namespace cutaway
