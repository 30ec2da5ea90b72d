#include "core/eval/divergence.h"

#include <algorithm>

#include "core/base/lanes.h"

namespace cutaway {
namespace {

constexpr std::size_t kDoubles = 8;
using Doubles = double __attribute__((vector_size(64)));
using LongLanes = std::int64_t __attribute__((vector_size(64)));

CUTAWAY_INLINE Doubles loadDoubles(const float* from) {
  EightFloats floats;
  std::memcpy(&floats, from, sizeof floats);
  return __builtin_convertvector(floats, Doubles);
}

/// The first `count` < 8 floats, and -infinity in the other lanes.
CUTAWAY_INLINE Doubles loadSomeDoubles(const float* from, std::size_t count) {
  Doubles padded;
  for (std::size_t i = 0; i < kDoubles; ++i) padded[i] = i < count ? double{from[i]} : -INFINITY;
  return padded;
}

CUTAWAY_INLINE double sumOf(Doubles x) {
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

/// e^x for x up to 0 within a few units in the last place; 0 below -700.
CUTAWAY_INLINE Doubles expDoubles(Doubles x) {
  constexpr double kLog2e = 1.4426950408889634074;
  constexpr double kLn2High = 0.693147180369123816490, kLn2Low = 1.90821492927058770002e-10;
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
  const Doubles clamped = x < -700.0 ? Doubles{} - 700.0 : x;
  const Doubles rounded = clamped * kLog2e + kRound;
  const Doubles n = rounded - kRound;
  const Doubles r = (clamped - n * kLn2High) - n * kLn2Low;
  // Taylor's series; |r| <= ln 2 / 2, where the next term is below 1e-17.
  Doubles series = r * (1.0 / 6227020800) + 1.0 / 479001600;
  for (const double factor : {1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
                              1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0})
    series = series * r + factor;
  const LongLanes exponent = std::bit_cast<LongLanes>(rounded) << 52;  // n sits in the low bits of `rounded`
  const Doubles result = std::bit_cast<Doubles>(std::bit_cast<LongLanes>(series) + exponent);
  return x < -700.0 ? Doubles{} : result;
}

struct Sums {
  double powersA = 0, powersB = 0;      ///< of e^x, x the distance below the largest logit
  double weightedA = 0, weightedB = 0;  ///< of e^x x
  double across = 0;                    ///< of e^x times what x is more than its counterpart of B
};

/// Where the weight is 0 the product is, too: the distance may be infinite there.
CUTAWAY_INLINE Doubles weighted(Doubles weight, Doubles distance) {
  return weight == 0.0 ? Doubles{} : weight * distance;
}

Sums sumsOf(std::span<const float> a, std::span<const float> b, double largestA, double largestB) {
  return onProcessor([=](auto) CUTAWAY_INLINE_LAMBDA {
    Doubles powersA{}, powersB{}, weightedA{}, weightedB{}, across{};
    for (std::size_t i = 0; i < a.size(); i += kDoubles) {
      const bool whole = i + kDoubles <= a.size();
      const Doubles x =
          (whole ? loadDoubles(a.data() + i) : loadSomeDoubles(a.data() + i, a.size() - i)) - largestA;
      const Doubles y =
          (whole ? loadDoubles(b.data() + i) : loadSomeDoubles(b.data() + i, b.size() - i)) - largestB;
      const Doubles p = expDoubles(x), q = expDoubles(y);
      powersA += p;
      powersB += q;
      weightedA += weighted(p, x);
      weightedB += weighted(q, y);
      across += weighted(p, x - y);
    }
    return Sums{sumOf(powersA), sumOf(powersB), sumOf(weightedA), sumOf(weightedB), sumOf(across)};
  });
}

TokenId mostLikely(std::span<const float> row) {
  return static_cast<TokenId>(std::ranges::max_element(row) - row.begin());
}

/// From 1.
std::uint32_t rankOf(TokenId token, std::span<const float> row) {
  const float logit = row[token];
  return onProcessor([=](auto) CUTAWAY_INLINE_LAMBDA {
    std::uint32_t ahead = 0;
    for (const float other : row) ahead += other > logit ? 1 : 0;
    return ahead + 1;
  });
}

}  // namespace

Divergence divergenceOf(std::span<const float> a, std::span<const float> b, TokenId chosen) {
  Divergence result;
  result.topA = mostLikely(a);
  result.topB = mostLikely(b);
  const double largestA = a[result.topA], largestB = b[result.topB];
  const Sums sums = sumsOf(a, b, largestA, largestB);
  const double logA = std::log(sums.powersA), logB = std::log(sums.powersB);
  result.kl = std::max(0.0, sums.across / sums.powersA - logA + logB);
  result.entropyA = static_cast<float>(std::max(0.0, logA - sums.weightedA / sums.powersA));
  result.entropyB = static_cast<float>(std::max(0.0, logB - sums.weightedB / sums.powersB));
  result.confidence = static_cast<float>(1 / sums.powersA);
  result.topRank = result.topA == result.topB ? 1 : rankOf(result.topA, b);
  if (chosen < 0) return result;
  result.chosen = chosen;
  result.logprobA = (a[chosen] - largestA) - logA;
  result.logprobB = (b[chosen] - largestB) - logB;
  result.rankA = chosen == result.topA ? 1 : rankOf(chosen, a);
  result.rankB = chosen == result.topB ? 1 : rankOf(chosen, b);
  return result;
}

}  // namespace cutaway
