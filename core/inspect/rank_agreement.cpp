#include "core/inspect/rank_agreement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace cutaway {
namespace {

std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<double> rank(values.size());
  for (std::size_t first = 0, end; first < order.size(); first = end) {
    end = first;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    for (std::size_t i = first; i < end; ++i) rank[order[i]] = static_cast<double>(first + end - 1) / 2;
  }
  return rank;
}

int sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

}  // namespace

double spearman(std::span<const double> a, std::span<const double> b) {
  const std::vector<double> x = ranks(a), y = ranks(b);
  const double mean = (static_cast<double>(x.size()) - 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  return xy / std::sqrt(xx * yy);
}

double kendall(std::span<const double> a, std::span<const double> b) {
  double agreeing = 0, differentA = 0, differentB = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const int x = sign(a[i] - a[j]), y = sign(b[i] - b[j]);
      agreeing += x * y;
      differentA += x * x;
      differentB += y * y;
    }
  return agreeing / std::sqrt(differentA * differentB);
}

AgreementBand randomAgreement(std::size_t count, std::uint32_t seed) {
  constexpr std::size_t kDraws = 400,
                        kThings = 256;  // both fall as 1 / sqrt(count); beyond, that is what is used
  constexpr double kShare = 0.95;
  const std::size_t things = std::min(count, kThings);
  if (things < 2) return {};
  std::vector<double> order(things), shuffled(things), rho, tau;
  std::iota(order.begin(), order.end(), 0.0);
  std::mt19937 random(seed);
  for (std::size_t draw = 0; draw < kDraws; ++draw) {
    shuffled = order;
    for (std::size_t i = things - 1; i > 0; --i) std::swap(shuffled[i], shuffled[random() % (i + 1)]);
    rho.push_back(std::abs(spearman(order, shuffled)));
    tau.push_back(std::abs(kendall(order, shuffled)));
  }
  const auto bound = [&](std::vector<double>& sizes) {
    const auto at = sizes.begin() + static_cast<std::ptrdiff_t>(kShare * static_cast<double>(kDraws));
    std::ranges::nth_element(sizes, at);
    return *at * std::sqrt(static_cast<double>(things) / static_cast<double>(count));
  };
  return {bound(rho), bound(tau)};
}

}  // namespace cutaway
