// How well a mix will do, and which one a budget is best spent on.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/eval/restore.h"

namespace cutaway {
namespace {

/// Bytes are counted in so many units of a budget; rounded up, so that none is exceeded.
constexpr std::int64_t kUnits = 4000;
/// A tensor left coarse costs at least this part of what it costs alone, however well its error meets others'.
constexpr double kLeast = 0.5;

}  // namespace

MixPrediction::MixPrediction(std::vector<Tensor> tensors, double klOfB)
    : m_tensors(std::move(tensors)), m_klOfB(klOfB), m_whole(0) {
  for (Tensor& tensor : m_tensors) tensor.damage = std::max(tensor.damage, 0.0);
  Mix none;
  for (const Tensor& tensor : m_tensors) none.resize(std::max<std::size_t>(none.size(), tensor.weight + 1), false);
  m_whole = inPairs(none);
}

/// Each tensor's own damage, and half of what it shares with the others that are left coarse.
double MixPrediction::inPairs(const Mix& mix) const {
  const auto shared = [](const Tensor& tensor) { return std::sqrt(tensor.damage); };
  double all = 0, left = 0;
  for (const Tensor& tensor : m_tensors) {
    all += shared(tensor);
    if (!mix[tensor.weight]) left += shared(tensor);
  }
  double kl = 0;
  for (const Tensor& tensor : m_tensors) {
    if (mix[tensor.weight]) continue;
    const double own = shared(tensor), others = all - own;
    const double part = others > 0 ? (left - own) / others : 0;
    kl += std::max(tensor.damage + 0.5 * (tensor.gain - tensor.damage) * part, kLeast * tensor.damage);
  }
  return kl;
}

double MixPrediction::uncorrected(const Mix& mix) const {
  const double kl = inPairs(mix);
  if (m_whole <= 0) return kl;
  const double atB = m_klOfB / m_whole;  // what is left of the third order and beyond grows with KL itself
  return kl * (1 + (atB - 1) * std::min(kl / m_whole, 1.0));
}

void MixPrediction::correct(const Mix& mix, double measuredKl) {
  const double kl = uncorrected(mix);
  if (kl <= 0 || measuredKl <= 0) return;
  if (m_corrections.empty() && m_klOfB > 0) m_corrections.push_back({std::log(m_klOfB), 1});
  m_corrections.push_back({std::log(kl), measuredKl / kl});
  std::ranges::sort(m_corrections, {}, &Correction::logKl);
}

/// Between two measured mixes the factor changes linearly with the logarithm of KL.
double MixPrediction::of(const Mix& mix) const {
  const double kl = uncorrected(mix);
  if (kl <= 0 || m_corrections.empty()) return kl;
  const double at = std::log(kl);
  const auto above = std::ranges::lower_bound(m_corrections, at, {}, &Correction::logKl);
  if (above == m_corrections.begin()) return kl * above->factor;
  const auto below = above - 1;
  if (above == m_corrections.end()) return kl * below->factor;
  const double part = (at - below->logKl) / (above->logKl - below->logKl);
  return kl * (below->factor + part * (above->factor - below->factor));
}

/// The most value within the bytes, where a tensor is worth something between its damage and its gain.
Mix MixPrediction::knapsack(std::int64_t bytes, const Mix& all, double towardsGain) const {
  Mix mix = all;
  struct Item {
    const Tensor* tensor;
    std::int64_t units;
    double value;
  };
  std::vector<Item> items;
  const std::int64_t unit = std::max<std::int64_t>(bytes / kUnits, 1);
  for (const Tensor& tensor : m_tensors) {
    const double value = tensor.damage + towardsGain * (tensor.gain - tensor.damage);
    if (value <= 0) continue;
    if (tensor.bytes <= 0)
      mix[tensor.weight] = true;
    else if (tensor.bytes <= bytes)
      items.push_back({&tensor, (tensor.bytes + unit - 1) / unit, value});
  }
  const std::int64_t room = bytes / unit;
  std::vector<double> best(room + 1, 0);
  std::vector<std::vector<bool>> taken(items.size(), std::vector<bool>(room + 1, false));
  for (std::size_t i = 0; i < items.size(); ++i)
    for (std::int64_t units = room; units >= items[i].units; --units)
      if (const double with = best[units - items[i].units] + items[i].value; with > best[units]) {
        best[units] = with;
        taken[i][units] = true;
      }
  std::int64_t units = room;
  for (std::size_t i = items.size(); i-- > 0;) {
    if (!taken[i][units]) continue;
    mix[items[i].tensor->weight] = true;
    units -= items[i].units;
  }
  return mix;
}

Mix MixPrediction::bestWithin(std::int64_t bytes, const Mix& all) const {
  Mix best = all;
  double least = std::numeric_limits<double>::infinity();
  for (const double towardsGain : {0.0, 0.5, 1.0}) {
    Mix mix = knapsack(bytes, all, towardsGain);
    const double kl = of(mix);
    if (kl >= least) continue;
    least = kl;
    best = std::move(mix);
  }
  return best;
}

}  // namespace cutaway
