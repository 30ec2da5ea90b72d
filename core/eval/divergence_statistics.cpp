#include <algorithm>
#include <numeric>

#include "core/eval/divergence.h"

namespace cutaway {
namespace {

constexpr double kSigmas = 1.959963984540054;  ///< of a 95 % interval
constexpr std::array kBucketEdges = {0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0};

/// Mean and spread of numbers that are looked at one by one; of pairs as well.
struct Moments {
  double count = 0, mean = 0, squares = 0;  ///< `squares`: of the distances from the mean

  void add(double x) {
    ++count;
    const double before = x - mean;
    mean += before / count;
    squares += before * (x - mean);
  }
  /// Of the mean.
  double error() const { return count > 1 ? std::sqrt(squares / (count - 1) / count) : 0; }
};

Moments momentsOf(std::span<const double> values) {
  Moments moments;
  for (const double value : values) moments.add(value);
  return moments;
}

Estimate around(double value, double error) {
  return {value, error, value - kSigmas * error, value + kSigmas * error};
}

/// What never is below 0.
Estimate positive(Estimate estimate) {
  estimate.low = std::max(estimate.low, 0.0);
  return estimate;
}

/// exp of an estimate, whose interval stays above 0.
Estimate exponential(double value, double error) {
  const double power = std::exp(value);
  return {power, power * error, std::exp(value - kSigmas * error), std::exp(value + kSigmas * error)};
}

Estimate shareOf(std::uint64_t some, std::uint64_t all) {
  const double n = static_cast<double>(all), p = static_cast<double>(some) / n, z = kSigmas * kSigmas;
  const double middle = (p + z / (2 * n)) / (1 + z / n);
  const double half = kSigmas / (1 + z / n) * std::sqrt(p * (1 - p) / n + z / (4 * n * n));
  return {p, n > 1 ? std::sqrt(p * (1 - p) / (n - 1)) : 0, middle - half, middle + half};
}

double quantile(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = place - static_cast<double>(below);
  return part == 0 ? sorted[below] : sorted[below] + part * (sorted[above] - sorted[below]);
}

/// How many of n values lie below a quantile is binomial: ranks so many deviations away bound it.
Estimate quantileEstimate(std::span<const double> sorted, double share) {
  const double n = static_cast<double>(sorted.size());
  const double half = kSigmas * std::sqrt(n * share * (1 - share));
  const auto at = [&](double rank) {
    return sorted[static_cast<std::size_t>(std::clamp(rank, 0.0, n - 1))];
  };
  return {quantile(sorted, share), 0, at(std::floor(n * share - half) - 1), at(std::ceil(n * share + half))};
}

void describeKl(std::span<const Divergence> places, DivergenceStatistics& result) {
  std::vector<double> kl;
  std::uint64_t same = 0;
  for (const Divergence& place : places) {
    kl.push_back(place.kl);
    same += place.sameTop() ? 1 : 0;
    result.entropyA += double{place.entropyA} / static_cast<double>(places.size());
    result.entropyB += double{place.entropyB} / static_cast<double>(places.size());
  }
  const Moments moments = momentsOf(kl);
  result.meanKl = positive(around(moments.mean, moments.error()));
  result.sameTop = shareOf(same, places.size());
  std::ranges::sort(kl);
  for (std::size_t i = 0; i < kDivergenceQuantiles.size(); ++i)
    result.kl[i] = quantileEstimate(kl, kDivergenceQuantiles[i]);
  result.leastKl = kl.front();
  result.largestKl = kl.back();
}

void describeBuckets(std::span<const Divergence> places, DivergenceStatistics& result) {
  std::vector<double> kl[kBucketEdges.size() - 1];
  std::uint64_t same[kBucketEdges.size() - 1] = {};
  double sum = 0;
  for (const Divergence& place : places) {
    const auto edge = std::ranges::upper_bound(kBucketEdges, double{place.confidence});
    const std::size_t bucket =
        std::clamp<std::size_t>(edge - kBucketEdges.begin(), 1, kBucketEdges.size() - 1) - 1;
    kl[bucket].push_back(place.kl);
    same[bucket] += place.sameTop() ? 1 : 0;
    sum += place.kl;
  }
  for (std::size_t i = 0; i + 1 < kBucketEdges.size(); ++i) {
    ConfidenceBucket bucket;
    bucket.from = kBucketEdges[i];
    bucket.to = kBucketEdges[i + 1];
    bucket.places = kl[i].size();
    if (!kl[i].empty()) {
      const Moments moments = momentsOf(kl[i]);
      bucket.meanKl = positive(around(moments.mean, moments.error()));
      std::ranges::sort(kl[i]);
      bucket.medianKl = quantile(kl[i], 0.5);
      bucket.ninetiethKl = quantile(kl[i], 0.9);
      bucket.klShare = sum > 0 ? moments.mean * moments.count / sum : 0;
      bucket.sameTop = static_cast<double>(same[i]) / moments.count;
    }
    result.buckets.push_back(bucket);
  }
}

void describeChanges(std::vector<double> changes, DivergenceStatistics& result) {
  Moments squares;
  for (const double change : changes) squares.add(change * change);
  const Moments moments = momentsOf(changes);
  result.meanChange = around(moments.mean, moments.error());
  const double rms = std::sqrt(squares.mean);
  result.rmsChange = positive(around(rms, rms > 0 ? squares.error() / (2 * rms) : 0));
  std::ranges::sort(changes);
  for (std::size_t i = 0; i < kChangeQuantiles.size(); ++i)
    result.change[i] = quantile(changes, kChangeQuantiles[i]);
}

void describePerplexity(std::span<const Divergence> places, DivergenceStatistics& result) {
  Moments a, b, gap;
  std::vector<double> changes;
  for (const Divergence& place : places) {
    if (place.chosen < 0) continue;
    a.add(-place.logprobA);
    b.add(-place.logprobB);
    gap.add(place.logprobA - place.logprobB);
    changes.push_back(place.probabilityChange());
  }
  result.chosen = changes.size();
  if (changes.empty()) return;
  describeChanges(std::move(changes), result);
  result.perplexityA = exponential(a.mean, a.error());
  result.perplexityB = exponential(b.mean, b.error());
  result.logRatio = around(gap.mean, gap.error());
  result.ratio = exponential(gap.mean, gap.error());
  // The variance of a difference gives the covariance: var(b - a) = var a + var b - 2 cov.
  const double covariance = (a.squares + b.squares - gap.squares) / 2;
  const double both = std::sqrt(a.squares * b.squares);
  result.correlation = both > 0 ? covariance / both : 1;
  const double pa = result.perplexityA.value, pb = result.perplexityB.value, n = a.count;
  const double spread =
      n > 1 ? (pa * pa * a.squares + pb * pb * b.squares - 2 * pa * pb * covariance) / (n - 1) / n : 0;
  result.difference = around(pb - pa, std::sqrt(std::max(spread, 0.0)));
}

}  // namespace

DivergenceStatistics statisticsOf(std::span<const Divergence> places) {
  DivergenceStatistics result;
  result.places = places.size();
  if (places.empty()) return result;
  describeKl(places, result);
  describeBuckets(places, result);
  describePerplexity(places, result);
  return result;
}

}  // namespace cutaway
