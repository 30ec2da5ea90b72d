// softmax(scale q k^T) v over the paged cache with a running maximum: no score is ever stored. A work-group takes the
// queries of one tile of tokens (of one sequence) that share a key head, and with SPLIT only kSplitCells of the cells;
// the last work-group to finish joins the parts. Lanes own cells for q k^T, then dimensions for the mix of values.
// Source of the running softmax: Milakov and Gimelshein 2018; of the split: FlashDecoding (Dao et al. 2023).
#version 460
#include "lanes.glsl"
#include "step.glsl"
#include "cells.glsl"
layout(set = 0, binding = 1, std430) readonly buffer Tiles { uvec4 tiles[]; };
layout(set = 0, binding = 2, std430) readonly buffer Pages { uint pages[]; };
layout(set = 0, binding = 3, std430) readonly buffer Q { float q[]; };
layout(set = 0, binding = 4, std430) readonly buffer Keys { uvec4 keys[]; };
layout(set = 0, binding = 5, std430) readonly buffer Values { uvec4 values[]; };
layout(set = 0, binding = 6, std430) writeonly buffer Out { float outputs[]; };
layout(set = 0, binding = 7, std430) coherent buffer Partial { float partial[]; };
layout(set = 0, binding = 8, std430) coherent buffer Arrivals { uint arrivals[]; };
layout(push_constant) uniform Push { AttentionParams p; };

layout(constant_id = 0) const uint HEAD_WIDTH = 64u;
layout(constant_id = 1) const uint HEADS_PER_KEY = 1u;
layout(constant_id = 2) const uint TILE_TOKENS = 1u;
layout(constant_id = 3) const bool SPLIT = false;

const uint ROWS = HEADS_PER_KEY * TILE_TOKENS;             // queries of a work-group
const uint PIECES = (HEAD_WIDTH + PIECE - 1u) / PIECE;     // of a head
const uint SLABS = (PIECES + LANES - 1u) / LANES;          // pieces that a lane owns
const uint PARTIAL_WORDS = ROWS * (2u + PIECES * PIECE);   // of one split: maxima, sums, mixes
const uint BLOCKS = kPage / LANES;                         // cells of a page that a lane owns
const float kLowest = -1e30;                               // finite, so that exp(kLowest - kLowest) is 1

void unpack(uvec4 piece, out float v[PIECE]) {
#if CELL_F16
  [[unroll]] for (uint i = 0u; i < 4u; ++i) {
    const vec2 pair = unpackHalf2x16(piece[i]);
    v[2u * i] = pair.x;
    v[2u * i + 1u] = pair.y;
  }
#else
  [[unroll]] for (uint i = 0u; i < 4u; ++i) v[i] = uintBitsToFloat(piece[i]);
#endif
}

uvec4 g_tile;
uint g_keyHead;

uint tokenOf(uint r) { return g_tile.x + min(r / HEADS_PER_KEY, g_tile.y - 1u); }
uint headOf(uint r) { return g_keyHead * HEADS_PER_KEY + r % HEADS_PER_KEY; }
float queryAt(uint r, uint dim) {
  return dim < HEAD_WIDTH ? q[tokenOf(r) * p.qStride + headOf(r) * HEAD_WIDTH + dim] * p.scale : 0.0;
}

float g_max[ROWS], g_sum[ROWS];            // the sum is each lane's own until the end
float g_mix[ROWS][SLABS][PIECE];
float g_scores[ROWS][BLOCKS];

#if LANES8
float g_query[ROWS][SLABS][PIECE];         // lane l holds pieces l, l + 8, ..
#else
shared float s_query[ROWS * PIECES * PIECE];
shared float s_weights[ROWS * kPage];
#endif

void loadQueries() {
#if LANES8
  [[unroll]] for (uint r = 0u; r < ROWS; ++r)
    [[unroll]] for (uint s = 0u; s < SLABS; ++s)
      [[unroll]] for (uint i = 0u; i < PIECE; ++i) g_query[r][s][i] = queryAt(r, (s * LANES + lane()) * PIECE + i);
#else
  for (uint r = 0u; r < ROWS; ++r)
    for (uint dim = lane(); dim < PIECES * PIECE; dim += LANES) s_query[r * PIECES * PIECE + dim] = queryAt(r, dim);
  barrier();
#endif
}

// Adds what piece `at` of slab s gives to every score.
void addScores(uint keyBase, uint s, uint at) {
  float k[BLOCKS][PIECE];
  [[unroll]] for (uint b = 0u; b < BLOCKS; ++b)
    unpack(keys[keyBase + (s * LANES + at) * kPage + b * LANES + lane()], k[b]);
  [[unroll]] for (uint r = 0u; r < ROWS; ++r) {
    [[unroll]] for (uint i = 0u; i < PIECE; ++i) {
#if LANES8
      const float query = subgroupShuffle(g_query[r][s][i], at);
#else
      const float query = s_query[r * PIECES * PIECE + (s * LANES + at) * PIECE + i];
#endif
      [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) g_scores[r][b] += query * k[b][i];
    }
  }
}

// From scores to softmax numerators, with maximum, sum and mix brought to the new maximum.
void softmaxPage(uint firstPosition) {
  [[unroll]] for (uint r = 0u; r < ROWS; ++r) {
    const uint position = g_tile.w - g_tile.y + min(r / HEADS_PER_KEY, g_tile.y - 1u);
    float highest = kLowest;
    [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) {
      if (firstPosition + b * LANES + lane() > position) g_scores[r][b] = kMinusInfinity;
      highest = max(highest, g_scores[r][b]);
    }
    const float newMax = max(g_max[r], laneMax(highest));
    const float shrink = exp(g_max[r] - newMax);
    g_max[r] = newMax;
    g_sum[r] *= shrink;
    [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) {
      g_scores[r][b] = exp(g_scores[r][b] - newMax);
      g_sum[r] += g_scores[r][b];
    }
    [[unroll]] for (uint s = 0u; s < SLABS; ++s)
      [[unroll]] for (uint i = 0u; i < PIECE; ++i) g_mix[r][s][i] *= shrink;
  }
}

void addValue(uint valueBase, uint cell, uint cellInBlock) {
  [[unroll]] for (uint s = 0u; s < SLABS; ++s) {
    float v[PIECE];
    unpack(values[valueBase + cell * PIECES + min(s * LANES + lane(), PIECES - 1u)], v);
    [[unroll]] for (uint r = 0u; r < ROWS; ++r) {
#if LANES8
      const float weight = subgroupShuffle(g_scores[r][0], cellInBlock);
#else
      const float weight = s_weights[r * kPage + cell];
#endif
      [[unroll]] for (uint i = 0u; i < PIECE; ++i) g_mix[r][s][i] += weight * v[i];
    }
  }
}

void mixValues(uint valueBase, uint cells) {
#if LANES8
  for (uint first = 0u; first < cells; first += LANES) {
    const uint count = min(cells - first, LANES);
    for (uint c = 0u; c < count; ++c) addValue(valueBase, first + c, c);
    [[unroll]] for (uint r = 0u; r < ROWS; ++r)
      [[unroll]] for (uint b = 0u; b + 1u < BLOCKS; ++b) g_scores[r][b] = g_scores[r][b + 1u];
  }
#else
  barrier();
  [[unroll]] for (uint r = 0u; r < ROWS; ++r) s_weights[r * kPage + lane()] = g_scores[r][0];
  barrier();
  for (uint c = 0u; c < cells; ++c) addValue(valueBase, c, c);
#endif
}

void attend(uint firstCell, uint lastCell) {
  for (uint first = firstCell; first < lastCell; first += kPage) {
    const uint page = pages[g_tile.z + first / kPage];
    [[unroll]] for (uint r = 0u; r < ROWS; ++r)
      [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) g_scores[r][b] = 0.0;
    const uint keyBase = keyPiece(page, p.keyHeads, g_keyHead, PIECES, 0u, 0u);
    [[unroll]] for (uint s = 0u; s < SLABS; ++s) {
      const uint count = min(PIECES - s * LANES, LANES);
      for (uint at = 0u; at < count; ++at) addScores(keyBase, s, at);
    }
    softmaxPage(first);
    mixValues(valuePiece(page, p.keyHeads, g_keyHead, PIECES, 0u, 0u), min(lastCell - first, kPage));
  }
}

void storeMix(uint r, uint s, uint i, float v) {
  const uint dim = (s * LANES + lane()) * PIECE + i;
  if (dim < HEAD_WIDTH && r / HEADS_PER_KEY < g_tile.y)
    outputs[tokenOf(r) * p.outStride + headOf(r) * HEAD_WIDTH + dim] = v;
}

void storeResult() {
  [[unroll]] for (uint r = 0u; r < ROWS; ++r) {
    const float inverse = 1.0 / laneSum(g_sum[r]);
    [[unroll]] for (uint s = 0u; s < SLABS; ++s)
      [[unroll]] for (uint i = 0u; i < PIECE; ++i) storeMix(r, s, i, g_mix[r][s][i] * inverse);
  }
}

// The parts' place in `partial`: maximum and sum of each query, then each one's mix.
uint partialAt(uint group, uint split) { return (group * p.maxSplits + split) * PARTIAL_WORDS; }
uint mixAt(uint at, uint r, uint s) { return at + 2u * ROWS + (r * PIECES + s * LANES + lane()) * PIECE; }

void storePartial(uint at) {
  [[unroll]] for (uint r = 0u; r < ROWS; ++r) {
    const float sum = laneSum(g_sum[r]);
    if (lane() == 0u) {
      partial[at + 2u * r] = g_max[r];
      partial[at + 2u * r + 1u] = sum;
    }
    [[unroll]] for (uint s = 0u; s < SLABS; ++s)
      if (s * LANES + lane() < PIECES)
        [[unroll]] for (uint i = 0u; i < PIECE; ++i) partial[mixAt(at, r, s) + i] = g_mix[r][s][i];
  }
}

void joinParts(uint group, uint splits) {
  [[unroll]] for (uint r = 0u; r < ROWS; ++r) {
    float highest = kLowest;
    for (uint k = 0u; k < splits; ++k) highest = max(highest, partial[partialAt(group, k) + 2u * r]);
    float sum = 0.0;
    float mix[SLABS][PIECE];
    [[unroll]] for (uint s = 0u; s < SLABS; ++s) [[unroll]] for (uint i = 0u; i < PIECE; ++i) mix[s][i] = 0.0;
    for (uint k = 0u; k < splits; ++k) {
      const uint at = partialAt(group, k);
      const float factor = exp(partial[at + 2u * r] - highest);
      sum += factor * partial[at + 2u * r + 1u];
      [[unroll]] for (uint s = 0u; s < SLABS; ++s)
        if (s * LANES + lane() < PIECES)
          [[unroll]] for (uint i = 0u; i < PIECE; ++i) mix[s][i] += factor * partial[mixAt(at, r, s) + i];
    }
    [[unroll]] for (uint s = 0u; s < SLABS; ++s)
      [[unroll]] for (uint i = 0u; i < PIECE; ++i) storeMix(r, s, i, mix[s][i] / sum);
  }
}

#if !LANES8
shared uint s_arrival;
#endif

// The number of parts that were there before this one. Needs no progress of others: whoever comes last joins.
uint arrive(uint group) {
  memoryBarrierBuffer();
#if LANES8
  uint before = 0u;
  if (lane() == 0u) before = atomicAdd(arrivals[group], 1u);
  before = subgroupShuffle(before, 0u);
#else
  barrier();
  if (lane() == 0u) s_arrival = atomicAdd(arrivals[group], 1u);
  barrier();
  const uint before = s_arrival;
#endif
  memoryBarrierBuffer();
  return before;
}

void main() {
  g_keyHead = gl_WorkGroupID.x;
  const uint tile = gl_WorkGroupID.y;
  g_tile = tiles[tile];
  const uint cells = g_tile.w;
  const uint firstCell = SPLIT ? gl_WorkGroupID.z * kSplitCells : 0u;
  if (firstCell >= cells) return;
  [[unroll]] for (uint r = 0u; r < ROWS; ++r) {
    g_max[r] = kLowest;
    g_sum[r] = 0.0;
    [[unroll]] for (uint s = 0u; s < SLABS; ++s) [[unroll]] for (uint i = 0u; i < PIECE; ++i) g_mix[r][s][i] = 0.0;
  }
  loadQueries();
  attend(firstCell, SPLIT ? min(firstCell + kSplitCells, cells) : cells);
  const uint splits = (cells + kSplitCells - 1u) / kSplitCells;
  if (!SPLIT || splits == 1u) {
    storeResult();
    return;
  }
  const uint group = tile * p.keyHeads + g_keyHead;
  storePartial(partialAt(group, gl_WorkGroupID.z));
  if (arrive(group) != splits - 1u) return;
  joinParts(group, splits);
  if (lane() == 0u) arrivals[group] = 0u;
}
