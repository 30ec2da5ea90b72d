// Searches for the scale, or scale and offset, with which few levels stand best for a group of weights: the least sum of
// cost times squared error. Inlined, for code inside onProcessor; the same bits on every processor.
#pragma once

#include <cmath>

#include "core/base/lanes.h"

namespace cutaway {

/// Weights 16 at a time, and what an error of each one costs.
template <int kVectors>
struct WeightGroup {
  static constexpr int kCount = kVectors * static_cast<int>(kLanes);
  Lanes x[kVectors], cost[kVectors];
};

/// The inverse scales that are tried: (levels + first + i * step) / range for i from 0 to count - 1.
struct Spread {
  float first, step;
  int count;
};

/// weight = scale * level + offset
struct AffineFit {
  float scale = 0, offset = 0;
};

/// To the nearest integer, ties to even; below 2^22.
CUTAWAY_INLINE Lanes roundLanes(Lanes x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23
  return (x + kRound) - kRound;
}

CUTAWAY_INLINE Lanes clampLanes(Lanes x, float low, float high) {
  const Lanes raised = x > low ? x : Lanes{} + low;  // NaN becomes low
  return raised < high ? raised : Lanes{} + high;
}

CUTAWAY_INLINE Lanes absLanes(Lanes x) { return x < 0.0f ? -x : x; }

/// Of the lanes, by `pick`, which is given two vectors.
template <class Pick>
CUTAWAY_INLINE float foldLanes(Lanes lanes, Pick pick) {
  lanes = pick(lanes, __builtin_shufflevector(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  lanes = pick(lanes, __builtin_shufflevector(lanes, lanes, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
  lanes = pick(lanes, __builtin_shufflevector(lanes, lanes, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  lanes = pick(lanes, __builtin_shufflevector(lanes, lanes, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
  return lanes[0];
}

template <int kVectors>
CUTAWAY_INLINE float smallest(const Lanes (&x)[kVectors]) {
  Lanes found = x[0];
  for (int v = 1; v < kVectors; ++v) found = x[v] < found ? x[v] : found;
  return foldLanes(found, [](Lanes a, Lanes b) CUTAWAY_INLINE_LAMBDA { return a < b ? a : b; });
}

template <int kVectors>
CUTAWAY_INLINE float largest(const Lanes (&x)[kVectors]) {
  Lanes found = x[0];
  for (int v = 1; v < kVectors; ++v) found = x[v] > found ? x[v] : found;
  return foldLanes(found, [](Lanes a, Lanes b) CUTAWAY_INLINE_LAMBDA { return a > b ? a : b; });
}

/// The cost when every weight takes its nearest level of low to high.
template <int kVectors>
CUTAWAY_INLINE float costOf(const WeightGroup<kVectors>& group, AffineFit fit, float low, float high) {
  const float inverse = fit.scale != 0 ? 1 / fit.scale : 0;
  Lanes sum{};
  for (int v = 0; v < kVectors; ++v) {
    const Lanes level = clampLanes(roundLanes((group.x[v] - fit.offset) * inverse), low, high);
    const Lanes error = level * fit.scale + fit.offset - group.x[v];
    sum += group.cost[v] * (error * error);
  }
  return sumOf(sum);
}

/// Levels from 0 to `levels`. `kAnyOffset` false: an offset of at most 0, which K-quants store as a minimum to be taken
/// away. For every inverse scale of the spread, the levels that it gives get the scale and offset of least squares.
template <bool kAnyOffset, int kVectors>
CUTAWAY_INLINE AffineFit fitAffine(const WeightGroup<kVectors>& group, float levels, Spread spread) {
  float low = smallest(group.x);
  const float high = largest(group.x);
  if constexpr (!kAnyOffset) low = low < 0 ? low : 0;
  const float range = high - low;
  if (!(range > 1e-20f)) return {0, low};
  Lanes costs{}, costsX{};
  for (int v = 0; v < kVectors; ++v) {
    costs += group.cost[v];
    costsX += group.cost[v] * group.x[v];
  }
  const float w = sumOf(costs), wx = sumOf(costsX);
  AffineFit best{range / levels, low};
  float bestCost = costOf(group, best, 0, levels);
  for (int i = 0; i < spread.count; ++i) {
    const float inverse = (levels + spread.first + static_cast<float>(i) * spread.step) / range;
    Lanes level[kVectors], sumQ{}, sumQq{}, sumQx{};
    for (int v = 0; v < kVectors; ++v) {
      level[v] = clampLanes(roundLanes((group.x[v] - low) * inverse), 0, levels);
      const Lanes costQ = group.cost[v] * level[v];
      sumQ += costQ;
      sumQq += costQ * level[v];
      sumQx += costQ * group.x[v];
    }
    const float wq = sumOf(sumQ), wqq = sumOf(sumQq), wqx = sumOf(sumQx);
    const float determinant = w * wqq - wq * wq;
    if (!(determinant > 0)) continue;
    AffineFit fit{(w * wqx - wx * wq) / determinant, (wqq * wx - wq * wqx) / determinant};
    if (!kAnyOffset && fit.offset > 0) fit = {wqx / wqq, 0};
    Lanes sum{};
    for (int v = 0; v < kVectors; ++v) {
      const Lanes error = level[v] * fit.scale + fit.offset - group.x[v];
      sum += group.cost[v] * (error * error);
    }
    const float cost = sumOf(sum);
    if (!(cost < bestCost) || !(fit.scale > 0)) continue;
    best = fit;
    bestCost = cost;
  }
  return best;
}

/// Levels from -levels to levels - 1; the scale of either sign, so that the weight furthest from 0 can have the level
/// that has no counterpart.
template <int kVectors>
CUTAWAY_INLINE float fitSymmetric(const WeightGroup<kVectors>& group, float levels) {
  const float low = smallest(group.x), high = largest(group.x);
  const float extreme = high > -low ? high : low;
  if (!(std::fabs(extreme) > 1e-20f)) return 0;
  float best = -extreme / levels, bestCost = costOf(group, {best, 0}, -levels, levels - 1);
  const auto refined = [&](float inverse) CUTAWAY_INLINE_LAMBDA {
    Lanes sumQq{}, sumQx{};
    for (int v = 0; v < kVectors; ++v) {
      const Lanes level = clampLanes(roundLanes(group.x[v] * inverse), -levels, levels - 1);
      const Lanes costQ = group.cost[v] * level;
      sumQq += costQ * level;
      sumQx += costQ * group.x[v];
    }
    const float wqq = sumOf(sumQq);
    return wqq > 0 ? sumOf(sumQx) / wqq : 0.0f;
  };
  const auto tryScale = [&](float scale) CUTAWAY_INLINE_LAMBDA {
    if (scale == 0) return;
    const float cost = costOf(group, {scale, 0}, -levels, levels - 1);
    if (!(cost < bestCost)) return;
    best = scale;
    bestCost = cost;
  };
  constexpr int kSteps = 9;
  for (int i = -kSteps; i <= kSteps; ++i) tryScale(refined(-(levels + 0.1f * static_cast<float>(i)) / extreme));
  tryScale(refined(1 / best));
  return best;
}

}  // namespace cutaway
