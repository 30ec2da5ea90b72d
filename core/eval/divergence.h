// How far two models' predictions at the same places of a text lie apart: per place, and over all of them.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "core/text/tokenizer.h"

namespace cutaway {

/// Two distributions over the next token: A is the reference.
struct Divergence {
  double kl = 0;  ///< KL(A || B), nats; infinite where B excludes what A holds possible
  /// Of the chosen token, which the text (or A) has next: its log-probability, natural. 0 without one.
  double logprobA = 0, logprobB = 0;
  float entropyA = 0, entropyB = 0;  ///< nats
  float confidence = 0;              ///< probability of A's most likely token under A
  TokenId topA = -1, topB = -1;      ///< most likely ones; of equals the first
  std::uint32_t topRank = 0;         ///< of A's most likely token under B, from 1
  TokenId chosen = -1;
  std::uint32_t rankA = 0, rankB = 0;  ///< of the chosen token, from 1; 0 without one

  bool sameTop() const { return topA == topB; }
  /// By how much B changes the chosen token's probability: above 0 where B holds it more likely.
  double probabilityChange() const { return std::exp(logprobB) - std::exp(logprobA); }
};

/// Of two rows of logits of the same vocabulary, finite (or -infinity for what is excluded); both are
/// normalised here. Exponentials and sums are in double precision: rows that differ by rounding alone give
/// their true KL down to some 1e-15. Of two equal rows it is exactly 0.
Divergence divergenceOf(std::span<const float> a, std::span<const float> b, TokenId chosen = -1);

/// A figure with what is known about its precision: the standard error, 0 where none is known, and a 95 %
/// confidence interval. Places of a text are taken as independent of each other.
struct Estimate {
  double value = 0, error = 0;
  double low = 0, high = 0;
};

/// Places at which the reference's most likely token has a probability in [from, to); 1 belongs to the last.
struct ConfidenceBucket {
  double from = 0, to = 0;
  std::uint64_t places = 0;
  Estimate meanKl;
  double medianKl = 0, ninetiethKl = 0;  ///< the median and the 90 % quantile
  double klShare = 0;                    ///< of the sum of all KL
  double sameTop = 0;                    ///< share of the places
};

/// Quantiles lie between two places as numpy's: linearly. Their intervals are from order statistics.
inline constexpr std::array kDivergenceQuantiles = {0.5, 0.9, 0.99, 0.999};
inline constexpr std::array kChangeQuantiles = {0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999};

struct DivergenceStatistics {
  std::uint64_t places = 0;
  Estimate meanKl;
  std::array<Estimate, kDivergenceQuantiles.size()> kl;  ///< by kDivergenceQuantiles
  double leastKl = 0, largestKl = 0;
  Estimate sameTop;  ///< share of the places, with Wilson's interval
  double entropyA = 0, entropyB = 0;  ///< means

  // Of the places with a chosen token:
  std::uint64_t chosen = 0;
  Estimate meanChange, rmsChange;                               ///< of its probability, 0 to 1
  std::array<double, kChangeQuantiles.size()> change{};         ///< by kChangeQuantiles
  Estimate perplexityA, perplexityB;
  /// B's perplexity by A's, its logarithm, and B's less A's; errors from the differences place by place.
  Estimate ratio, logRatio, difference;
  double correlation = 0;  ///< of the chosen tokens' log-probabilities

  std::vector<ConfidenceBucket> buckets;  ///< by rising confidence; those without places too
};

/// Of no places: all 0, and no buckets.
DivergenceStatistics statisticsOf(std::span<const Divergence> places);

}  // namespace cutaway
