// softmax(scale q k^T) v over the paged cache with a running maximum: no score is ever stored. A work-group
// takes the queries of one tile of tokens (of one sequence) that share a key head, and with SPLIT only
// kSplitCells of the cells; the last work-group to finish joins the parts. Lanes own cells for q k^T, then
// dimensions for the mix of values. Source of the running softmax: Milakov and Gimelshein 2018; of the split:
// FlashDecoding (Dao et al. 2023).
#version 460
#include "lanes.glsl"
#include "step.glsl"
#include "cells.glsl"
layout(set = 0, binding = 1, std430) readonly buffer Tiles { uvec4 tiles[]; };
layout(set = 0, binding = 2, std430) readonly buffer Pages { uint pages[]; };
FLOAT_QUADS(3, q);
UINT_QUADS(4, keys);
UINT_QUADS(5, values);
layout(set = 0, binding = 6, std430) writeonly buffer Out { float outputs[]; };
layout(set = 0, binding = 6, std430) writeonly buffer OutQuads { vec4 outputQuads[]; };
layout(set = 0, binding = 7, std430) coherent buffer PartWords { float partWords[]; };
layout(set = 0, binding = 7, std430) coherent buffer PartQuads { vec4 partQuads[]; };
layout(set = 0, binding = 8, std430) coherent buffer Arrivals { uint arrivals[]; };
layout(set = 0, binding = 9, std430) readonly buffer TapWords { uint tapWords[]; };
layout(set = 0, binding = 10, std430) writeonly buffer TapScores { float tapScores[]; };  // (heads, N)
layout(push_constant) uniform Push { AttentionParams p; };

layout(constant_id = 0) const uint HEAD_WIDTH = 64u;
layout(constant_id = 1) const uint HEADS_PER_KEY = 1u;
layout(constant_id = 2) const uint TILE_TOKENS = 1u;
layout(constant_id = 3) const bool SPLIT = false;
layout(constant_id = 4) const bool TAPS = false;  // scores are stored where the tap word says; one token

const uint ROWS = HEADS_PER_KEY * TILE_TOKENS;           // queries of a work-group
const uint PIECES = (HEAD_WIDTH + PIECE - 1u) / PIECE;   // of a head
const uint SLABS = (PIECES + LANES - 1u) / LANES;        // pieces that a lane owns of a mix
const uint QUADS = PIECE / 4u;                           // of a piece
const uint BLOCKS = kPage / LANES;                       // cells of a page that a lane owns
const bool QUAD_HEADS = HEAD_WIDTH % 4u == 0u;           // heads begin at whole quads
const float kLowest = -1e30;                             // finite, so that exp(kLowest - kLowest) is 1

vec4 unpackQuad(uvec4 piece, uint i) {
#if CELL_F16
  return vec4(unpackHalf2x16(piece[2u * i]), unpackHalf2x16(piece[2u * i + 1u]));
#else
  return uintBitsToFloat(piece);
#endif
}

uvec4 g_tile;
uint g_keyHead, g_tap;
float g_max[ROWS], g_sum[ROWS];     // the sum is each lane's own until the end
vec4 g_mix[ROWS][SLABS][QUADS];
float g_scores[ROWS][BLOCKS];

uint tokenOf(uint r) { return g_tile.x + min(r / HEADS_PER_KEY, g_tile.y - 1u); }
uint headOf(uint r) { return g_keyHead * HEADS_PER_KEY + r % HEADS_PER_KEY; }

// A dimension of query r, scaled; 0 past the end of the head.
float queryAt(uint r, uint dim) {
  const float v = wordAt(q, tokenOf(r) * p.qStride + headOf(r) * HEAD_WIDTH + min(dim, HEAD_WIDTH - 1u)) * p.scale;
  return dim < HEAD_WIDTH ? v : 0.0;
}

#if LANES8

// Lane i reads dimension i of the piece of each query; constant shuffles pass them on.
void scorePage(uint keyBase) {
  [[dont_unroll]] for (uint piece = 0u; piece < PIECES; ++piece) {
    float query[ROWS];
    [[unroll]] for (uint r = 0u; r < ROWS; ++r) query[r] = queryAt(r, piece * PIECE + (lane() & (PIECE - 1u)));
    uvec4 k[BLOCKS];
    [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) k[b] = quadAt(keys, keyBase + piece * kPage + b * LANES + lane());
    [[unroll]] for (uint quad = 0u; quad < QUADS; ++quad) {
      vec4 kQuad[BLOCKS];
      [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) kQuad[b] = unpackQuad(k[b], quad);
      [[unroll]] for (uint r = 0u; r < ROWS; ++r)
        [[unroll]] for (uint i = 0u; i < 4u; ++i) {
          const float part = subgroupShuffle(query[r], quad * 4u + i);
          [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) g_scores[r][b] += part * kQuad[b][i];
        }
    }
  }
}

#else

shared float s_query[ROWS * PIECES * PIECE];
shared float s_weights[ROWS * kPage];

void shareQueries() {
  for (uint r = 0u; r < ROWS; ++r)
    for (uint dim = lane(); dim < PIECES * PIECE; dim += LANES) s_query[r * PIECES * PIECE + dim] = queryAt(r, dim);
  barrier();
}

void scorePage(uint keyBase) {
  for (uint piece = 0u; piece < PIECES; ++piece) {
    const uvec4 k = quadAt(keys, keyBase + piece * kPage + lane());
    [[unroll]] for (uint r = 0u; r < ROWS; ++r)
      [[unroll]] for (uint i = 0u; i < PIECE; ++i)
        g_scores[r][0] += s_query[(r * PIECES + piece) * PIECE + i] * unpackQuad(k, i / 4u)[i % 4u];
  }
}

#endif

// For a view: they are made into a pattern when all of them are there.
void storeScores(uint firstPosition) {
  [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) {
    const uint position = firstPosition + b * LANES + lane();
    if (position >= g_tile.w) continue;
    [[unroll]] for (uint r = 0u; r < ROWS; ++r) tapScores[g_tap - 1u + headOf(r) * g_tile.w + position] = g_scores[r][b];
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
      [[unroll]] for (uint i = 0u; i < QUADS; ++i) g_mix[r][s][i] *= shrink;
  }
}

// This lane's pieces of a cell's value. A lane without a piece reads the last one, and stores nothing of it.
uvec4 valueAt(uint valueBase, uint cell, uint s) {
  return quadAt(values, valueBase + cell * PIECES + min(s * LANES + lane(), PIECES - 1u));
}

void addValue(uvec4 piece, uint r, uint s, float weight) {
  [[unroll]] for (uint i = 0u; i < QUADS; ++i) g_mix[r][s][i] += weight * unpackQuad(piece, i);
}

void mixValues(uint valueBase, uint cells) {
#if LANES8
  // Two cells at a time, the weights turning by two lanes; every fourth time the next block's come to the
  // front.
  [[dont_unroll]] for (uint first = 0u; first < cells; first += 2u) {
    [[unroll]] for (uint c = 0u; c < 2u; ++c) {
      const uint cell = min(first + c, cells - 1u);  // past the end the weight is 0, but memory may hold anything
      [[unroll]] for (uint s = 0u; s < SLABS; ++s) {
        const uvec4 piece = valueAt(valueBase, cell, s);
        [[unroll]] for (uint r = 0u; r < ROWS; ++r) addValue(piece, r, s, subgroupShuffle(g_scores[r][0], c));
      }
    }
    const bool next = (first & 6u) == 6u;
    [[unroll]] for (uint r = 0u; r < ROWS; ++r) {
      g_scores[r][0] = next ? g_scores[r][1] : subgroupShuffle(g_scores[r][0], (lane() + 2u) & 7u);
      [[unroll]] for (uint b = 1u; b + 1u < BLOCKS; ++b) g_scores[r][b] = next ? g_scores[r][b + 1u] : g_scores[r][b];
    }
  }
#else
  barrier();
  [[unroll]] for (uint r = 0u; r < ROWS; ++r) s_weights[r * kPage + lane()] = g_scores[r][0];
  barrier();
  for (uint cell = 0u; cell < cells; ++cell)
    [[unroll]] for (uint s = 0u; s < SLABS; ++s) {
      const uvec4 piece = valueAt(valueBase, cell, s);
      [[unroll]] for (uint r = 0u; r < ROWS; ++r) addValue(piece, r, s, s_weights[r * kPage + cell]);
    }
#endif
}

void attend(uint firstCell, uint lastCell) {
  [[dont_unroll]] for (uint first = firstCell; first < lastCell; first += kPage) {
    const uint page = pages[g_tile.z + first / kPage];
    [[unroll]] for (uint r = 0u; r < ROWS; ++r)
      [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) g_scores[r][b] = 0.0;
    scorePage(keyPiece(page, p.keyHeads, g_keyHead, PIECES, 0u, 0u));
    if (TAPS && g_tap != 0u) storeScores(first);
    softmaxPage(first);
    mixValues(valuePiece(page, p.keyHeads, g_keyHead, PIECES, 0u, 0u), min(lastCell - first, kPage));
  }
}

// Stores quad i of this lane's piece of slab s, for query r.
void storeMix(uint r, uint s, uint i, vec4 v) {
  const uint dim = (s * LANES + lane()) * PIECE + i * 4u;
  if (dim >= HEAD_WIDTH || r / HEADS_PER_KEY >= g_tile.y) return;
  const uint at = tokenOf(r) * p.outStride + headOf(r) * HEAD_WIDTH + dim;
  if (QUAD_HEADS) {
    outputQuads[at / 4u] = v;
  } else {
    for (uint c = 0u; c < 4u; ++c)
      if (dim + c < HEAD_WIDTH) outputs[at + c] = v[c];
  }
}

// Query 0's state gives way to the next one's: loops over queries that store are not unrolled.
void nextQuery() {
  [[unroll]] for (uint r = 0u; r + 1u < ROWS; ++r) {
    g_max[r] = g_max[r + 1u];
    g_sum[r] = g_sum[r + 1u];
    [[unroll]] for (uint s = 0u; s < SLABS; ++s)
      [[unroll]] for (uint i = 0u; i < QUADS; ++i) g_mix[r][s][i] = g_mix[r + 1u][s][i];
  }
}

void storeResult() {
  [[dont_unroll]] for (uint r = 0u; r < ROWS; ++r) {
    const float inverse = 1.0 / laneSum(g_sum[0]);
    [[unroll]] for (uint s = 0u; s < SLABS; ++s)
      [[unroll]] for (uint i = 0u; i < QUADS; ++i) storeMix(r, s, i, g_mix[0][s][i] * inverse);
    nextQuery();
  }
}

// The parts' place in `parts`, in quads: maxima and sums of the queries, padded, then their mixes.
const uint SUM_QUADS = (2u * ROWS + 3u) / 4u;
uint partAt(uint group, uint split) { return (group * p.maxSplits + split) * (SUM_QUADS + ROWS * PIECES * QUADS); }
uint mixAt(uint at, uint r, uint s) { return at + SUM_QUADS + (r * PIECES + s * LANES + lane()) * QUADS; }

void storePart(uint at) {
  [[dont_unroll]] for (uint r = 0u; r < ROWS; ++r) {
    const float sum = laneSum(g_sum[0]);
    if (lane() == 0u) {
      partWords[at * 4u + 2u * r] = g_max[0];
      partWords[at * 4u + 2u * r + 1u] = sum;
    }
    [[unroll]] for (uint s = 0u; s < SLABS; ++s)
      if (s * LANES + lane() < PIECES)
        [[unroll]] for (uint i = 0u; i < QUADS; ++i) partQuads[mixAt(at, r, s) + i] = g_mix[0][s][i];
    nextQuery();
  }
}

void joinParts(uint group, uint splits) {
  [[dont_unroll]] for (uint r = 0u; r < ROWS; ++r) {
    float highest = kLowest, sum = 0.0;
    vec4 mix[SLABS][QUADS];
    [[unroll]] for (uint s = 0u; s < SLABS; ++s)
      [[unroll]] for (uint i = 0u; i < QUADS; ++i) mix[s][i] = vec4(0.0);
    [[dont_unroll]] for (uint k = 0u; k < splits; ++k) {
      const uint at = partAt(group, k);
      const float partMax = partWords[at * 4u + 2u * r];
      const float newMax = max(highest, partMax);
      const float shrink = exp(highest - newMax), factor = exp(partMax - newMax);
      highest = newMax;
      sum = sum * shrink + factor * partWords[at * 4u + 2u * r + 1u];
      [[unroll]] for (uint s = 0u; s < SLABS; ++s) {
        if (s * LANES + lane() >= PIECES) continue;
        const uint from = mixAt(at, r, s);
        [[unroll]] for (uint i = 0u; i < QUADS; ++i) mix[s][i] = mix[s][i] * shrink + factor * partQuads[from + i];
      }
    }
    [[unroll]] for (uint s = 0u; s < SLABS; ++s)
      [[unroll]] for (uint i = 0u; i < QUADS; ++i) storeMix(r, s, i, mix[s][i] / sum);
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
  g_tap = TAPS ? tapWords[p.tapWord] : 0u;
  [[unroll]] for (uint r = 0u; r < ROWS; ++r) {
    g_max[r] = kLowest;
    g_sum[r] = 0.0;
    [[unroll]] for (uint s = 0u; s < SLABS; ++s)
      [[unroll]] for (uint i = 0u; i < QUADS; ++i) g_mix[r][s][i] = vec4(0.0);
  }
#if !LANES8
  shareQueries();
#endif
  attend(firstCell, SPLIT ? min(firstCell + kSplitCells, cells) : cells);
  const uint splits = (cells + kSplitCells - 1u) / kSplitCells;
  if (!SPLIT || splits == 1u) {
    storeResult();
    return;
  }
  const uint group = tile * p.keyHeads + g_keyHead;
  storePart(partAt(group, gl_WorkGroupID.z));
  if (arrive(group) != splits - 1u) return;
  joinParts(group, splits);
  if (lane() == 0u) arrivals[group] = 0u;
}
