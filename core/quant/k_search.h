// What the encoders of the K-quants share: 256 weights in groups, each with a scale (and a minimum) of few bits under the
// F16 scale of the block. Every group is fitted by itself; its scale is then rounded to the block's, and the neighbours
// of what it rounds to are tried. ggml's reference searches in the same way; that of the group's fit is in fit.h.
#pragma once

#include "core/quant/encoders.h"

namespace cutaway {

inline constexpr int kSuperBlock = 256;

/// 256 weights as kGroups groups: weight = (scale of scales * scales[g]) * level - (scale of minima * minima[g]).
template <int kGroups>
struct AffineBlock {
  std::uint16_t scaleOfScales, scaleOfMinima;  ///< F16
  std::uint8_t scales[kGroups], minima[kGroups];
  std::uint8_t levels[kSuperBlock];
};

/// What a search needs to know of a format.
struct AffineShape {
  float mostLevel;  ///< levels are 0 to this
  int mostScale;    ///< and scales and minima
  Spread spread;
};

/// Where no importance is given, an error costs the group's mean size + |x|.
template <int kVectors>
CUTAWAY_INLINE WeightGroup<kVectors> affineGroup(const float* x, const float* importance, float meanSquareOfBlock) {
  if (importance != nullptr) return importantGroup<kVectors>(x, importance, meanSquareOfBlock);
  const float mean = std::sqrt(meanSquare(x, kVectors * static_cast<int>(kLanes)));
  WeightGroup<kVectors> group;
  for (int v = 0; v < kVectors; ++v) {
    group.x[v] = loadLanes(x + v * kLanes);
    group.cost[v] = absLanes(group.x[v]) + mean;
  }
  return group;
}

/// The F16 scale over scales of at most `most` in size, so that `extreme` is reached: a subnormal half may have to be the
/// next larger one.
CUTAWAY_INLINE std::uint16_t scaleReaching(float extreme, float most) {
  const std::uint16_t half = floatToHalf(extreme / most);
  const bool isShort = std::fabs(extreme) > std::fabs(halfToFloat(half) * most) + std::fabs(halfToFloat(half)) * 0.5f;
  return static_cast<std::uint16_t>(half + (isShort && (half & 0x7fff) < 0x7bff ? 1 : 0));
}

CUTAWAY_INLINE int nearest(float x, int low, int high) {
  const float clamped = x > static_cast<float>(low) ? (x < static_cast<float>(high) ? x : static_cast<float>(high))
                                                    : static_cast<float>(low);
  return static_cast<int>(std::floor(clamped + 0.5f));
}

template <int kVectors>
CUTAWAY_INLINE void storeLevels(const WeightGroup<kVectors>& group, AffineFit fit, float low, float high, float shift,
                                std::uint8_t* levels) {
  const float inverse = inverseOf(fit.scale);
  for (int v = 0; v < kVectors; ++v) {
    const Lanes level = clampLanes(roundLanes((group.x[v] - fit.offset) * inverse), low, high) + shift;
    for (std::size_t i = 0; i < kLanes; ++i) levels[v * kLanes + i] = static_cast<std::uint8_t>(level[i]);
  }
}

template <int kGroups>
CUTAWAY_INLINE void encodeAffine(const float* x, const float* importance, const AffineShape& shape,
                                 AffineBlock<kGroups>& block) {
  constexpr int kCount = kSuperBlock / kGroups, kVectors = kCount / static_cast<int>(kLanes);
  const float mean = meanSquare(x, kSuperBlock);
  WeightGroup<kVectors> groups[kGroups];
  AffineFit fits[kGroups];
  float mostScale = 0, mostMinimum = 0;
  for (int g = 0; g < kGroups; ++g) {
    const float* part = importance == nullptr ? nullptr : importance + g * kCount;
    groups[g] = affineGroup<kVectors>(x + g * kCount, part, mean);
    fits[g] = fitAffine<false>(groups[g], shape.mostLevel, shape.spread);
    mostScale = fits[g].scale > mostScale ? fits[g].scale : mostScale;
    mostMinimum = -fits[g].offset > mostMinimum ? -fits[g].offset : mostMinimum;
  }
  block.scaleOfScales = scaleReaching(mostScale, static_cast<float>(shape.mostScale));
  block.scaleOfMinima = scaleReaching(mostMinimum, static_cast<float>(shape.mostScale));
  const float d = halfToFloat(block.scaleOfScales), dmin = halfToFloat(block.scaleOfMinima);
  for (int g = 0; g < kGroups; ++g) {
    const int scale = nearest(fits[g].scale * inverseOf(d), 0, shape.mostScale);
    const int minimum = nearest(-fits[g].offset * inverseOf(dmin), 0, shape.mostScale);
    AffineFit best;
    float bestCost = INFINITY;
    for (int s = scale - 1; s <= scale + 1; ++s)
      for (int m = minimum - 1; m <= minimum + 1; ++m) {
        if (s < 0 || m < 0 || s > shape.mostScale || m > shape.mostScale) continue;
        const AffineFit fit{d * static_cast<float>(s), -(dmin * static_cast<float>(m))};
        const float cost = costOf(groups[g], fit, 0, shape.mostLevel);
        if (!(cost < bestCost)) continue;
        best = fit;
        bestCost = cost;
        block.scales[g] = static_cast<std::uint8_t>(s);
        block.minima[g] = static_cast<std::uint8_t>(m);
      }
    storeLevels(groups[g], best, 0, shape.mostLevel, 0, block.levels + g * kCount);
  }
}

/// 256 weights as 16 groups of 16: weight = (scale of scales * scales[g]) * (level - levels of the shape).
struct SymmetricBlock {
  std::uint16_t scaleOfScales;  ///< F16
  std::int8_t scales[16];
  std::uint8_t levels[kSuperBlock];  ///< shifted, so that they are not negative
};

CUTAWAY_INLINE WeightGroup<1> symmetricGroup(const float* x, const float* importance, float meanSquareOfBlock) {
  if (importance != nullptr) return importantGroup<1>(x, importance, meanSquareOfBlock);
  const Lanes lanes = loadLanes(x);
  return {{lanes}, {lanes * lanes}};
}

/// Levels are -levels to levels - 1 and scales -mostScale to mostScale - 1.
CUTAWAY_INLINE void encodeSymmetric(const float* x, const float* importance, float levels, int mostScale,
                                    SymmetricBlock& block) {
  const float mean = meanSquare(x, kSuperBlock);
  WeightGroup<1> groups[16];
  float scales[16], extreme = 0;
  for (int g = 0; g < 16; ++g) {
    groups[g] = symmetricGroup(x + g * 16, importance == nullptr ? nullptr : importance + g * 16, mean);
    scales[g] = fitSymmetric(groups[g], levels);
    extreme = std::fabs(scales[g]) > std::fabs(extreme) ? scales[g] : extreme;
  }
  block.scaleOfScales = scaleReaching(extreme, static_cast<float>(-mostScale));
  const float d = halfToFloat(block.scaleOfScales);
  for (int g = 0; g < 16; ++g) {
    const int scale = nearest(scales[g] * inverseOf(d), -mostScale, mostScale - 1);
    float best = 0, bestCost = INFINITY;
    block.scales[g] = 0;
    for (int s = scale - 1; s <= scale + 1; ++s) {
      if (s < -mostScale || s > mostScale - 1) continue;
      const float fit = d * static_cast<float>(s), cost = costOf(groups[g], {fit, 0}, -levels, levels - 1);
      if (!(cost < bestCost)) continue;
      best = fit;
      bestCost = cost;
      block.scales[g] = static_cast<std::int8_t>(s);
    }
    storeLevels(groups[g], {best, 0}, -levels, levels - 1, levels, block.levels + g * 16);
  }
}

/// The twelve bytes that scaledGroups reads.
CUTAWAY_INLINE void packSixBits(const std::uint8_t (&scales)[8], const std::uint8_t (&minima)[8],
                                std::uint8_t (&packed)[12]) {
  for (int i = 0; i < 4; ++i) {
    packed[i] = static_cast<std::uint8_t>(scales[i] | scales[i + 4] >> 4 << 6);
    packed[i + 4] = static_cast<std::uint8_t>(minima[i] | minima[i + 4] >> 4 << 6);
    packed[i + 8] = static_cast<std::uint8_t>((scales[i + 4] & 15) | (minima[i + 4] & 15) << 4);
  }
}

}  // namespace cutaway
