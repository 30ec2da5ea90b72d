// The same as attention.comp for many queries, on devices whose lanes are a vector: lanes own queries, keys
// and values are read once for 8 of them and passed on by constant shuffles, softmax needs no exchange. Mixes
// stay in shared memory, as a compiler that keeps them in registers takes seconds.
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
layout(set = 0, binding = 7, std430) readonly buffer TapWords { uint tapWords[]; };
layout(set = 0, binding = 8, std430) writeonly buffer TapScores { float tapScores[]; };  // (heads, N)
layout(push_constant) uniform Push { AttentionParams p; };

layout(constant_id = 0) const uint HEAD_WIDTH = 64u;
layout(constant_id = 1) const uint HEADS_PER_KEY = 1u;
layout(constant_id = 2) const bool TAPS = false;  // scores are stored where the tap word says; one token

const uint PIECES = (HEAD_WIDTH + PIECE - 1u) / PIECE;  // of a head
const uint QUADS = PIECE / 4u;                          // of a piece
const uint CELLS = 16u;                                 // cells at a time, half of them per read
const bool QUAD_HEADS = HEAD_WIDTH % 4u == 0u;          // heads begin at whole quads
const float kLowest = -1e30;                            // finite, so that exp(kLowest - kLowest) is 1

shared vec4 s_mix[PIECES * QUADS * 8u];  // (quad, lane)

vec4 unpackQuad(uvec4 piece, uint i) {
#if CELL_F16
  return vec4(unpackHalf2x16(piece[2u * i]), unpackHalf2x16(piece[2u * i + 1u]));
#else
  return uintBitsToFloat(piece);
#endif
}

// Dimensions 4 quad to 4 quad + 3 of the query that begins at float `at`; what is past the head meets keys of
// 0.
vec4 queryQuad(uint at, uint quad) {
  if (QUAD_HEADS) return quadAt(q, at / 4u + min(quad, HEAD_WIDTH / 4u - 1u));
  vec4 v;
  [[unroll]] for (uint i = 0u; i < 4u; ++i) v[i] = wordAt(q, at + min(quad * 4u + i, HEAD_WIDTH - 1u));
  return v;
}

void storeQuad(uint at, uint quad, vec4 v) {
  if (QUAD_HEADS) {
    if (quad * 4u < HEAD_WIDTH) outputQuads[at / 4u + quad] = v;
  } else {
    [[unroll]] for (uint i = 0u; i < 4u; ++i)
      if (quad * 4u + i < HEAD_WIDTH) outputs[at + quad * 4u + i] = v[i];
  }
}

void main() {
  const uint keyHead = gl_WorkGroupID.x;
  const uvec4 tile = tiles[gl_WorkGroupID.y];  // first token, tokens, first page, cells seen by the last token
  const uint rows = tile.y * HEADS_PER_KEY;
  const uint firstRow = gl_WorkGroupID.z * LANES;
  if (firstRow >= rows) return;
  const uint row = min(firstRow + lane(), rows - 1u);  // lanes past the end repeat the last query
  const uint t = row / HEADS_PER_KEY, head = keyHead * HEADS_PER_KEY + row % HEADS_PER_KEY;
  const uint position = tile.w - tile.y + t;
  const uint from = (tile.x + t) * p.qStride + head * HEAD_WIDTH;
  const uint cells = tile.w - tile.y + (min(firstRow + LANES, rows) - 1u) / HEADS_PER_KEY + 1u;

  const uint tap = TAPS ? tapWords[p.tapWord] : 0u;
  float highest = kLowest, sum = 0.0;
  [[dont_unroll]] for (uint quad = 0u; quad < PIECES * QUADS; ++quad) s_mix[quad * 8u + lane()] = vec4(0.0);

  [[dont_unroll]] for (uint first = 0u; first < cells; first += CELLS) {
    const uint page = pages[tile.z + first / kPage];
    const uint cell = first % kPage + lane();
    const uint keyBase = keyPiece(page, p.keyHeads, keyHead, PIECES, 0u, cell);
    vec4 scores[CELLS / 4u];
    [[unroll]] for (uint c = 0u; c < CELLS / 4u; ++c) scores[c] = vec4(0.0);
    [[dont_unroll]] for (uint piece = 0u; piece < PIECES; ++piece) {
      const uvec4 k0 = quadAt(keys, keyBase + piece * kPage), k1 = quadAt(keys, keyBase + piece * kPage + 8u);
      [[unroll]] for (uint i = 0u; i < QUADS; ++i) {
        const vec4 query = queryQuad(from, piece * QUADS + i);
        const vec4 a = unpackQuad(k0, i), b = unpackQuad(k1, i);
        [[unroll]] for (uint c = 0u; c < 8u; ++c) {
          scores[c / 4u][c % 4u] += dot(query, subgroupShuffle(a, c));
          scores[2u + c / 4u][c % 4u] += dot(query, subgroupShuffle(b, c));
        }
      }
    }

    float newMax = highest;
    [[unroll]] for (uint c = 0u; c < CELLS; ++c) {
      const float score = first + c > position ? kMinusInfinity : scores[c / 4u][c % 4u] * p.scale;
      scores[c / 4u][c % 4u] = score;
      newMax = max(newMax, score);
    }
    if (tap != 0u)
      [[unroll]] for (uint c = 0u; c < CELLS; ++c)
        if (first + c < cells) tapScores[tap - 1u + head * cells + first + c] = scores[c / 4u][c % 4u];
    const float shrink = exp(highest - newMax);
    highest = newMax;
    sum *= shrink;
    [[unroll]] for (uint c = 0u; c < CELLS / 4u; ++c) {
      scores[c] = exp(scores[c] - newMax);
      sum += dot(scores[c], vec4(1.0));
    }

    // Past the last cell the weight is 0, but memory may hold anything.
    const uint last = cells - 1u - first;
    const uint valueFirst = valuePiece(page, p.keyHeads, keyHead, PIECES, 0u, first % kPage);
    const uint v0 = valueFirst + min(lane(), last) * PIECES, v1 = valueFirst + min(lane() + 8u, last) * PIECES;
    [[dont_unroll]] for (uint piece = 0u; piece < PIECES; ++piece) {
      const uvec4 a0 = quadAt(values, v0 + piece), a1 = quadAt(values, v1 + piece);
      [[unroll]] for (uint i = 0u; i < QUADS; ++i) {
        const uint at = (piece * QUADS + i) * 8u + lane();
        vec4 mix = s_mix[at] * shrink;
        const vec4 a = unpackQuad(a0, i), b = unpackQuad(a1, i);
        [[unroll]] for (uint c = 0u; c < 8u; ++c)
          mix += scores[c / 4u][c % 4u] * subgroupShuffle(a, c) + scores[2u + c / 4u][c % 4u] * subgroupShuffle(b, c);
        s_mix[at] = mix;
      }
    }
  }

  if (firstRow + lane() >= rows) return;
  const float inverse = 1.0 / sum;
  const uint to = (tile.x + t) * p.outStride + head * HEAD_WIDTH;
  [[dont_unroll]] for (uint quad = 0u; quad < PIECES * QUADS; ++quad)
    storeQuad(to, quad, s_mix[quad * 8u + lane()] * inverse);
}
