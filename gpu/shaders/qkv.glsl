// What linear_one does with rows of q, k and v, in the same launch: rotates q and k, stores k and v in the cache. A
// work-group belongs to one head, y of the grid behind the heads of other launches, and takes pairs of its row blocks, so
// that a lane, or one and its neighbour, hold both dimensions of a rotated pair.
layout(constant_id = 4) const bool QKV = false;
layout(constant_id = 5) const uint CELL_F16 = 0u;
layout(constant_id = 6) const uint HEADS = 1u;
layout(constant_id = 7) const uint KEY_HEADS = 1u;
layout(constant_id = 8) const uint HEAD_WIDTH = 16u;  // a multiple of 16
layout(constant_id = 9) const uint PAIRS = 8u;        // rotated pairs of a head
layout(constant_id = 10) const bool HALVES = false;   // (j, j + PAIRS), PAIRS a multiple of 8; else (2j, 2j + 1)
layout(set = 0, binding = 9, std430) readonly buffer Angles { vec2 angles[]; };  // (pairs): cos, sin
#define KEYS_BINDING 10
#include "cells.glsl"
#include "cell_store.glsl"

const uint BLOCK_PAIRS = HEAD_WIDTH / 16u;

uint headHere() { return gl_WorkGroupID.y + p.firstRow / HEAD_WIDTH; }  // of q, then of k, then of v

// Blocks of a head that belong together.
uvec2 pairBlocks(uint pair) {
  return HALVES && pair < PAIRS / 8u ? uvec2(pair, pair + PAIRS / 8u) : uvec2(2u * pair, 2u * pair + 1u);
}

// Row block b of this work-group: the first ones of all its pairs, then the second ones. May lie past the head's end.
uint qkvBlock(uint b, uint blocks) {
  const uint pairs = blocks / 2u;
  const uvec2 both = pairBlocks(gl_WorkGroupID.x * pairs + (b < pairs ? b : b - pairs));
  return gl_WorkGroupID.y * (HEAD_WIDTH / 8u) + (b < pairs ? both.x : both.y);
}

// What the lane beside this one has, in uniform control flow.
float beside(float v) {
#if LANES8
  return subgroupShuffle(v, lane() ^ 1u);
#else
  barrier();
  s_lanes[lane()] = v;
  barrier();
  return s_lanes[lane() ^ 1u];
#endif
}

float rotatedBeside(float v, uint dim) {
  const float other = beside(v);
  if (dim >= 2u * PAIRS) return v;
  const vec2 a = angles[dim >> 1];
  return (dim & 1u) != 0u ? other * a.y + v * a.x : v * a.x - other * a.y;
}

// A pair of blocks' dimensions of this lane, rotated.
vec2 rotated(vec2 v, uint pair, uvec2 dims) {
  if (!HALVES) return vec2(rotatedBeside(v.x, dims.x), rotatedBeside(v.y, dims.y));
  if (pair >= PAIRS / 8u) return v;
  const vec2 a = angles[dims.x];
  return vec2(v.x * a.x - v.y * a.y, v.x * a.y + v.y * a.x);
}

void storeCell(float v, uint dim, bool inside, bool isKey) {
  const uint bits = packed(vec2(v, CELL_F16 != 0u ? beside(v) : 0.0));
  if (!inside || dim % WORD != 0u) return;
  const uint cell = tokenRecord(0u).z, head = headHere() - HEADS, pieces = HEAD_WIDTH / PIECE;
  if (isKey)
    storeKeyWord(cell, KEY_HEADS, head, pieces, dim / WORD, bits);
  else
    storeValueWord(cell, KEY_HEADS, head - KEY_HEADS, pieces, dim / WORD, bits);
}

// A pair of blocks' rows of this lane, before rotation. `inside`: the lane holds sums, of rows of the head.
void finishPair(vec2 v, uint pair, bool inside, uint tapped) {
  const uint head = headHere();
  const bool isKey = head >= HEADS && head < HEADS + KEY_HEADS;
  const uvec2 dims = pairBlocks(pair) * 8u + (lane() & 7u), rows = head * HEAD_WIDTH + dims;
  if (inside && has(kLinearBias)) v += vec2(biasOf(rows.x), biasOf(rows.y));
  if (inside && (tapped & kTapInner) != 0u) {
    taps[p.innerAt + rows.x] = v.x;
    taps[p.innerAt + rows.y] = v.y;
  }
  if (head < HEADS + KEY_HEADS) v = rotated(v, pair, dims);
  if (inside && (head < HEADS || (isKey && (tapped & kTapRotated) != 0u))) {
    outputs[rows.x] = v.x;
    outputs[rows.y] = v.y;
  }
  if (head < HEADS) return;
  storeCell(v.x, dims.x, inside, isKey);
  storeCell(v.y, dims.y, inside, isKey);
}
