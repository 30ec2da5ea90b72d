// From a row of logits to what a sampler and the views need of it.
#include <algorithm>
#include <cmath>

#include "core/base/lanes.h"
#include "core/cpu/kernels.h"

namespace cutaway {
namespace {

bool isAhead(const TokenLogit& a, const TokenLogit& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

/// Highest first. A heap of the best so far has its worst in front, which most logits do not beat.
std::vector<TokenLogit> mostLikely(std::span<const float> logits) {
  std::vector<TokenLogit> best;
  best.reserve(kTopLogits);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const TokenLogit candidate{static_cast<TokenId>(i), logits[i]};
    if (best.size() == kTopLogits) {
      if (!(candidate.logit > best.front().logit)) continue;
      std::ranges::pop_heap(best, isAhead);
      best.pop_back();
    }
    best.push_back(candidate);
    std::ranges::push_heap(best, isAhead);
  }
  std::ranges::sort_heap(best, isAhead);
  return best;
}

struct Sums {
  double powers = 0;    ///< of e^(x - largest)
  double weighted = 0;  ///< of e^(x - largest) (x - largest)
};

/// F32 within a stretch and F64 across, so that a large vocabulary loses no digits.
Sums exponentialSums(const float* logits, std::size_t count, float largest) {
  return onProcessor([=](auto) CUTAWAY_INLINE_LAMBDA {
    constexpr std::size_t kStretch = 64 * kLanes;
    Sums sums;
    for (std::size_t start = 0; start < count; start += kStretch) {
      const std::size_t end = std::min(count, start + kStretch);
      Lanes powers{}, weighted{};
      for (std::size_t i = start; i < end; i += kLanes) {
        const Lanes x = i + kLanes <= end ? loadLanes(logits + i) : loadSome(logits + i, end - i, -INFINITY);
        const Lanes distance = x - largest;
        const Lanes e = expLanes(distance);
        powers += e;
        weighted += distance < -87.0f ? Lanes{} : e * distance;  // 0 * -inf is no number
      }
      sums.powers += static_cast<double>(sumOf(powers));
      sums.weighted += static_cast<double>(sumOf(weighted));
    }
    return sums;
  });
}

}  // namespace

Result<LogitRow> summarize(std::span<const float> logits) {
  LogitRow row;
  row.top = mostLikely(logits);
  const float largest = row.top.front().logit;
  const Sums sums = exponentialSums(logits.data(), logits.size(), largest);
  const double logSum = std::log(sums.powers);
  if (!std::isfinite(largest) || !std::isfinite(logSum))
    return fail(ErrorKind::badInput,
                "the model's logits are not finite numbers; its weights are damaged, or an edit made values "
                "overflow");
  row.logSumExp = static_cast<float>(static_cast<double>(largest) + logSum);
  row.entropy = static_cast<float>(std::max(0.0, logSum - sums.weighted / sums.powers));
  return row;
}

}  // namespace cutaway
