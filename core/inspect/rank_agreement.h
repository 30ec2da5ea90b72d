// How far two lists of numbers rank the same things alike.
#pragma once

#include <cstdint>
#include <span>

namespace cutaway {

/// Spearman's rho: Pearson's correlation of the ranks, equal numbers sharing the mean of theirs. -1 to 1; NaN
/// for fewer than two numbers, or where all numbers of a list are equal.
double spearman(std::span<const double> a, std::span<const double> b);
/// Kendall's tau-b (Kendall 1945): agreeing pairs less disagreeing ones, ties corrected for.
double kendall(std::span<const double> a, std::span<const double> b);

/// What 95 % of random rankings of `count` things stay below, in size, when compared with any other ranking.
struct AgreementBand {
  double spearman = 1, kendall = 1;
};
AgreementBand randomAgreement(std::size_t count, std::uint32_t seed);

}  // namespace cutaway
