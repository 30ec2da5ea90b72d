#include "core/inspect/map_tile.h"

#include <algorithm>
#include <bit>

#include "core/base/multiversion.h"

namespace cutaway {
namespace {

/// log2 within 1e-5 of normal numbers: the exponent, and a polynomial of the mantissa (Chebyshev nodes on [1,
/// 2)).
CUTAWAY_INLINE float log2Of(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const float exponent = static_cast<float>(static_cast<std::int32_t>(bits >> 23) - 127);
  const float m = std::bit_cast<float>((bits & 0x007fffffu) | 0x3f800000u) - 1.0f;
  constexpr float kTerms[] = {0.020490346f, -0.0960662491f, 0.215588532f, -0.339247773f,
                              0.477705931f, -0.721162734f,  1.44269326f,  0.0f};
  float sum = kTerms[0];
  for (std::size_t i = 1; i < std::size(kTerms); ++i) sum = sum * m + kTerms[i];
  return exponent + sum;
}

std::uint32_t share(std::uint32_t all, std::uint32_t part, std::uint32_t parts) {
  return static_cast<std::uint32_t>(std::uint64_t{all} * part / parts);
}

IndexRange part(const IndexRange& range, std::uint32_t index, std::uint32_t parts) {
  const std::uint32_t all = range.end - range.first;
  return {range.first + share(all, index, parts), range.first + share(all, index + 1, parts)};
}

float largestOf(std::span<const float> weights) {
  float largest = 0;
  for (const float weight : weights) largest = weight > largest ? weight : largest;
  return largest;
}

}  // namespace

float entropyOf(std::span<const float> weights) {
  constexpr float kLn2 = 0.693147181f;
  return onProcessor([&](auto) CUTAWAY_INLINE_LAMBDA {
    float sums[16] = {};
    std::size_t i = 0;
    for (; i + 16 <= weights.size(); i += 16)
      for (std::size_t lane = 0; lane < 16; ++lane) {
        const float p = weights[i + lane];
        sums[lane] += p * log2Of(p > 1e-30f ? p : 1.0f);
      }
    float sum = 0;
    for (const float lane : sums) sum += lane;
    for (; i < weights.size(); ++i) sum += weights[i] * log2Of(weights[i] > 1e-30f ? weights[i] : 1.0f);
    return std::max(0.0f, -sum * kLn2);
  });
}

MapTile::MapTile(std::uint32_t ofLayer, std::vector<std::int32_t> ofHeads, IndexRange ofRows,
                 IndexRange ofKeys, std::uint32_t mostRows, std::uint32_t mostKeys)
    : layer(ofLayer), heads(std::move(ofHeads)), rows(ofRows), keys(ofKeys) {
  height = std::min(rows.end - rows.first, mostRows);
  width = std::min(keys.end - keys.first, mostKeys);
  const std::size_t lines = heads.size() * height;
  weights.resize(lines * width);
  for (std::vector<float>* perRow : {&entropy, &largest, &largestWithoutSink, &firstWithoutSink})
    perRow->resize(lines);
}

IndexRange MapTile::rowsOf(std::uint32_t y) const { return part(rows, y, height); }

IndexRange MapTile::keysOf(std::uint32_t x) const { return part(keys, x, width); }

std::uint32_t MapTile::yOf(std::uint32_t token) const {
  const std::uint64_t all = rows.end - rows.first;
  return static_cast<std::uint32_t>(((std::uint64_t{token} - rows.first + 1) * height - 1) / all);
}

void MapTile::fold(std::size_t head, std::uint32_t y, std::span<const float> row, float entropyShare) {
  const std::size_t line = head * height + y;
  float* out = weights.data() + line * width;
  const auto end = static_cast<std::uint32_t>(std::min<std::size_t>(keys.end, row.size()));
  if (width == keys.end - keys.first) {
    for (std::uint32_t key = keys.first; key < end; ++key)
      out[key - keys.first] = std::max(out[key - keys.first], row[key]);
  } else {
    for (std::uint32_t x = 0; x < width; ++x) {
      const IndexRange of = keysOf(x);
      if (of.first >= end) break;
      out[x] = std::max(out[x], largestOf(row.subspan(of.first, std::min(of.end, end) - of.first)));
    }
  }
  const auto seen = row.empty() ? row : row.subspan(1);
  const float behind = onProcessor([&](auto) CUTAWAY_INLINE_LAMBDA {
    float lanes[16] = {};
    std::size_t i = 0;
    for (; i + 16 <= seen.size(); i += 16)
      for (std::size_t lane = 0; lane < 16; ++lane)
        lanes[lane] = seen[i + lane] > lanes[lane] ? seen[i + lane] : lanes[lane];
    float most = 0;
    for (const float lane : lanes) most = lane > most ? lane : most;
    for (; i < seen.size(); ++i) most = seen[i] > most ? seen[i] : most;
    return most;
  });
  largestWithoutSink[line] = std::max(largestWithoutSink[line], behind);
  largest[line] = std::max({largest[line], behind, row.empty() ? 0.0f : row[0]});
  if (keys.first == 0 && width > 0) {
    const std::size_t first = std::min<std::size_t>(keysOf(0).end, row.size());
    if (first > 1)
      firstWithoutSink[line] = std::max(firstWithoutSink[line], largestOf(row.subspan(1, first - 1)));
  }
  entropy[line] += entropyShare;
}

}  // namespace cutaway
