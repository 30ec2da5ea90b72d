#include "core/quant/grouped.h"

#include <algorithm>
#include <cmath>

namespace cutaway {
namespace {

constexpr std::uint16_t kSmallestNormalHalf = 0x0400, kLargestHalf = 0x7bff;

std::uint16_t scaleOf(const GroupedScheme& scheme, float value) {
  const std::uint32_t dropped = 11 - std::min(scheme.scaleBits, 11u), step = 1u << dropped;
  const std::uint32_t half = std::clamp(floatToHalf(value), kSmallestNormalHalf, kLargestHalf);
  const std::uint32_t rounded = (half + step / 2) / step * step;
  return static_cast<std::uint16_t>(rounded > kLargestHalf ? half / step * step : rounded);
}

/// Range [low, high] around 0 to a scale.
GroupScale scaleOfRange(const GroupedScheme& scheme, float low, float high) {
  const auto most = static_cast<float>(scheme.largestCode());
  if (scheme.symmetric)
    return {scaleOf(scheme, 2 * std::max(-low, high) / most), static_cast<std::uint8_t>(scheme.middle())};
  GroupScale result{scaleOf(scheme, (high - low) / most), 0};
  result.zero = static_cast<std::uint8_t>(std::clamp(std::nearbyint(-low / result.factor()), 0.0f, most));
  // Without weights below 0 the lowest code stays unused.
  if (result.zero == 0) result = {scaleOf(scheme, high / (most - 1)), 1};
  return result;
}

double errorOf(const GroupedScheme& scheme, const GroupScale& scale, std::span<const float> weights) {
  double sum = 0;
  for (const float weight : weights) {
    const double difference = scale.decode(scale.encode(weight, scheme.largestCode())) - weight;
    sum += std::pow(std::abs(difference), 2.4);  // the exponent of GPTQ's reference
  }
  return sum;
}

}  // namespace

std::uint8_t GroupScale::encode(float weight, std::uint32_t largestCode) const {
  const float code = std::nearbyint(weight / factor()) + static_cast<float>(zero);
  return static_cast<std::uint8_t>(std::clamp(code, 0.0f, static_cast<float>(largestCode)));
}

GroupScale fitScale(const GroupedScheme& scheme, std::span<const float> weights, bool searched) {
  float low = 0, high = 0;
  for (const float weight : weights) {
    low = std::min(low, weight);
    high = std::max(high, weight);
  }
  GroupScale best = scaleOfRange(scheme, low, high);
  if (!searched || (low == 0 && high == 0)) return best;
  constexpr int kSteps = 100, kTried = 80;
  double least = errorOf(scheme, best, weights);
  for (int i = 1; i < kTried; ++i) {
    const float part = 1 - static_cast<float>(i) / kSteps;
    const GroupScale scale = scaleOfRange(scheme, part * low, part * high);
    if (const double error = errorOf(scheme, scale, weights); error < least) {
      least = error;
      best = scale;
    }
  }
  return best;
}

void GroupedWeights::decodeRow(std::uint32_t row, std::span<float> weights) const {
  const std::uint8_t* code = codes.data() + std::size_t{row} * columns;
  for (std::uint32_t column = 0; column < columns; ++column) weights[column] = scale(row, column).decode(code[column]);
}

std::vector<float> GroupedWeights::decode() const {
  std::vector<float> weights(std::size_t{rows} * columns);
  for (std::uint32_t row = 0; row < rows; ++row)
    decodeRow(row, std::span(weights).subspan(std::size_t{row} * columns, columns));
  return weights;
}

GroupedWeights roundToNearest(const GroupedScheme& scheme, std::uint32_t rows, std::uint32_t columns,
                              std::span<const float> weights, ThreadPool& pool, bool searched) {
  GroupedWeights result{scheme, rows, columns, {}, {}, {}};
  const std::uint32_t groups = result.groups(), size = scheme.groupSize == 0 ? columns : scheme.groupSize;
  result.codes.resize(std::size_t{rows} * columns);
  result.scales.resize(std::size_t{rows} * groups);
  pool.parallelFor(rows, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row)
      for (std::uint32_t group = 0; group < groups; ++group) {
        const std::uint32_t first = group * size, count = std::min(size, columns - first);
        const auto part = weights.subspan(row * columns + first, count);
        const GroupScale scale = result.scales[row * groups + group] = fitScale(scheme, part, searched);
        for (std::uint32_t i = 0; i < count; ++i)
          result.codes[row * columns + first + i] = scale.encode(part[i], scheme.largestCode());
      }
  });
  return result;
}

}  // namespace cutaway
