// Grouped-query attention over the paged cache, one page at a time with a running softmax (Milakov and
// Gimelshein 2018), so that nothing of size T x N is ever stored.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/lanes.h"
#include "core/cpu/kernels.h"

namespace cutaway {
namespace {

constexpr std::size_t kRunTokens = 16;  ///< tokens that share the decoding of a page
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

/// Neighbouring tokens of one sequence.
struct TokenRun {
  std::size_t first = 0, count = 0;
};

std::vector<TokenRun> tokenRuns(const Step& step) {
  std::vector<TokenRun> runs;
  for (std::size_t t = 0; t < step.tokens.size(); ++t) {
    const bool joins = t > 0 && step.sequences[t] == step.sequences[t - 1] && runs.back().count < kRunTokens;
    if (joins)
      ++runs.back().count;
    else
      runs.push_back({t, 1});
  }
  return runs;
}

std::uint32_t pageOf(const Step& step, std::size_t token, std::size_t index) {
  return static_cast<std::uint32_t>(
      step.pages[step.sequences[token] * std::size_t{step.pagesPerSequence} + index]);
}

/// scale * query . key for the first `cells` of a page; the other scores are -inf.
CUTAWAY_INLINE void scorePage(const float* query, const float* keys, std::size_t width, std::size_t cells,
                              float scale, float* scores) {
  for (std::size_t cell = 0; cell < cells; ++cell)
    scores[cell] = scale * dot(query, keys + cell * width, width);
  for (std::size_t cell = cells; cell < kPageCells; ++cell) scores[cell] = kMinusInfinity;
}

/// What one query has gathered so far.
struct Mix {
  float largest = kMinusInfinity;
  float sum = 0;  ///< of e^(score - largest)
};

/// Adds the weighted values to `sums`, kVectors * 16 elements of them, which stay in registers meanwhile.
template <std::size_t kVectors>
CUTAWAY_INLINE void addWeighted(const float* weights, const float* values, std::size_t width,
                                std::size_t cells, float* sums) {
  Lanes total[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) total[v] = loadLanes(sums + v * kLanes);
  for (std::size_t cell = 0; cell < cells; ++cell)
    for (std::size_t v = 0; v < kVectors; ++v)
      total[v] += weights[cell] * loadLanes(values + cell * width + v * kLanes);
  for (std::size_t v = 0; v < kVectors; ++v) storeLanes(sums + v * kLanes, total[v]);
}

/// Takes a page into the mix. `sums` (width) holds the values weighted by e^(score - largest).
CUTAWAY_INLINE void mixPage(const float* scores, const float* values, std::size_t width, std::size_t cells,
                            Mix& mix, float* sums) {
  float largest = mix.largest;
  for (std::size_t cell = 0; cell < cells; ++cell) largest = scores[cell] > largest ? scores[cell] : largest;
  if (largest > mix.largest) {
    const float shrink = std::exp(mix.largest - largest);  // 0 at first
    mix.sum *= shrink;
    for (std::size_t i = 0; i < width; ++i) sums[i] *= shrink;
    mix.largest = largest;
  }
  float weights[kPageCells];
  Lanes total{};
  for (std::size_t cell = 0; cell < kPageCells; cell += kLanes) {
    const Lanes e = expLanes(loadLanes(scores + cell) - largest);
    storeLanes(weights + cell, e);
    total += e;
  }
  mix.sum += sumOf(total);
  std::size_t i = 0;
  for (; i + 4 * kLanes <= width; i += 4 * kLanes)
    addWeighted<4>(weights, values + i, width, cells, sums + i);
  for (; i + kLanes <= width; i += kLanes) addWeighted<1>(weights, values + i, width, cells, sums + i);
  for (; i < width; ++i)
    for (std::size_t cell = 0; cell < cells; ++cell) sums[i] += weights[cell] * values[cell * width + i];
}

/// The attention of one step, as all of this file sees it.
struct Attention {
  explicit Attention(const NodeRun& nodeRun)
      : run(nodeRun),
        layer(std::get<AttentionAttributes>(run.node.attributes).layer),
        scale(std::get<AttentionAttributes>(run.node.attributes).scale),
        width(run.graph.headWidth),
        keyHeads(run.graph.keyValueHeads),
        group(run.graph.queryHeads / keyHeads),
        runs(tokenRuns(run.step)) {}

  const float* query(std::size_t token, std::size_t head) const {
    return run.inputs[0] + (token * run.graph.queryHeads + head) * width;
  }
  /// Cells of a page that a token attends to: positions up to its own.
  std::size_t visible(std::size_t token, std::size_t pageIndex) const {
    const std::size_t end = static_cast<std::size_t>(run.step.positions[token]) + 1;
    const std::size_t start = pageIndex * kPageCells;
    return end <= start ? 0 : std::min<std::size_t>(kPageCells, end - start);
  }
  /// Calls body(run of tokens, key-value head) on all threads.
  template <class Body>
  void forEach(const Body& body) const {
    run.pool.parallelFor(runs.size() * keyHeads, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i)
        body(runs[i / keyHeads], static_cast<std::uint32_t>(i % keyHeads));
    });
  }

  const NodeRun& run;
  std::uint32_t layer;
  float scale;
  std::size_t width, keyHeads, group;
  std::vector<TokenRun> runs;
};

void storeKeysAndValues(const Attention& a) {
  const Step& step = a.run.step;
  for (std::size_t t = 0; t < step.tokens.size(); ++t) {
    const auto position = static_cast<std::uint32_t>(step.positions[t]);
    const std::uint32_t page = pageOf(step, t, position / kPageCells), cell = position % kPageCells;
    for (std::uint32_t head = 0; head < a.keyHeads; ++head) {
      const std::size_t at = (t * a.keyHeads + head) * a.width;
      a.run.cache->store(a.layer, CpuCache::Part::keys, page, head, cell, a.run.inputs[1] + at);
      a.run.cache->store(a.layer, CpuCache::Part::values, page, head, cell, a.run.inputs[2] + at);
    }
  }
}

/// All query heads of one key-value head, for a run of tokens, over all pages they see.
void attendRun(const Attention& a, const TokenRun& tokens, std::uint32_t keyHead) {
  const std::size_t queries = tokens.count * a.group, last = tokens.first + tokens.count - 1;
  std::vector<Mix> mixes(queries);
  std::vector<float> sums(queries * a.width), scratch(2 * kPageCells * a.width);
  float scores[kPageCells];
  for (std::size_t index = 0; a.visible(last, index) > 0; ++index) {
    const std::uint32_t page = pageOf(a.run.step, last, index);
    const auto loaded = static_cast<std::uint32_t>(a.visible(last, index));
    const float* keys =
        a.run.cache->load(a.layer, CpuCache::Part::keys, page, keyHead, loaded, scratch.data());
    const float* values = a.run.cache->load(a.layer, CpuCache::Part::values, page, keyHead, loaded,
                                            scratch.data() + kPageCells * a.width);
    for (std::size_t q = 0; q < queries; ++q) {
      const std::size_t token = tokens.first + q / a.group, cells = a.visible(token, index);
      if (cells == 0) continue;
      onProcessor([&](auto) CUTAWAY_INLINE_LAMBDA {
        scorePage(a.query(token, keyHead * a.group + q % a.group), keys, a.width, cells, a.scale, scores);
        mixPage(scores, values, a.width, cells, mixes[q], sums.data() + q * a.width);
      });
    }
  }
  for (std::size_t q = 0; q < queries; ++q) {
    const std::size_t token = tokens.first + q / a.group, head = keyHead * a.group + q % a.group;
    float* z = a.run.output + (token * a.run.graph.queryHeads + head) * a.width;
    for (std::size_t i = 0; i < a.width; ++i) z[i] = sums[q * a.width + i] / mixes[q].sum;
  }
}

void softmaxInPlace(std::span<float> row) {
  const float largest = *std::ranges::max_element(row);
  double sum = 0;
  for (float& x : row) sum += x = std::exp(x - largest);
  for (float& x : row) x = static_cast<float>(x / sum);
}

}  // namespace

void runAttention(const NodeRun& run) {
  storeKeysAndValues(Attention(run));
  runAttendCached(run);
}

void runAttendCached(const NodeRun& run) {
  const Attention attention(run);
  attention.forEach(
      [&](const TokenRun& tokens, std::uint32_t keyHead) { attendRun(attention, tokens, keyHead); });
}

void attentionWeights(const NodeRun& run, bool softmaxed, const TapRegion& region, std::size_t contextLength,
                      std::span<float> out) {
  const Attention a(run);
  std::ranges::fill(out, kMinusInfinity);
  a.forEach([&](const TokenRun& tokens, std::uint32_t keyHead) {
    const std::size_t first = std::max<std::size_t>(tokens.first, region.firstRow);
    const std::size_t end = std::min<std::size_t>(tokens.first + tokens.count, region.firstRow + region.rows);
    const std::size_t firstHead = std::max<std::size_t>(keyHead * a.group, region.firstHead);
    const std::size_t endHead =
        std::min<std::size_t>((keyHead + 1) * a.group, region.firstHead + region.heads);
    if (first >= end || firstHead >= endHead) return;
    const auto forRows = [&](const auto& body) {
      for (std::size_t token = first; token < end; ++token)
        for (std::size_t head = firstHead; head < endHead; ++head)
          body(
              token, head,
              out.subspan(((head - region.firstHead) * region.rows + token - region.firstRow) * contextLength,
                          contextLength));
    };
    std::vector<float> scratch(kPageCells * a.width);
    float scores[kPageCells];
    for (std::size_t index = 0; a.visible(end - 1, index) > 0; ++index) {
      const float* keys =
          run.cache->load(a.layer, CpuCache::Part::keys, pageOf(run.step, end - 1, index), keyHead,
                          static_cast<std::uint32_t>(a.visible(end - 1, index)), scratch.data());
      forRows([&](std::size_t token, std::size_t head, std::span<float> row) {
        const std::size_t cells = a.visible(token, index);
        onProcessor([&](auto) CUTAWAY_INLINE_LAMBDA {
          scorePage(a.query(token, head), keys, a.width, cells, a.scale, scores);
        });
        std::copy_n(scores, cells, row.begin() + static_cast<std::ptrdiff_t>(index * kPageCells));
      });
    }
    if (softmaxed) forRows([](std::size_t, std::size_t, std::span<float> row) { softmaxInPlace(row); });
  });
}

}  // namespace cutaway
