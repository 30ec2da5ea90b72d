// Y = X W^T for tiles of 8 rows of X. Lanes own rows of W: a weight is decoded once for the tile.
#version 460
#define PORTABLE_LANES 64
#include "lanes.glsl"
#include "step.glsl"
#include "weights.glsl"
#include "linear_io.glsl"
layout(constant_id = 1) const uint BLOCKS = 2u;  // row blocks of a lane; the second half are up rows of swiglu

const uint TILE = 8u;

uint rowCount() {
  return has(kLinearWanted) ? min(stepWanted() - p.rowBase, kTailRows) : stepTokens();
}

#if LANES8
uint rowInBlock() { return lane(); }
uint blockGroup() { return gl_WorkGroupID.y; }
#else
uint rowInBlock() { return lane() & 7u; }
uint blockGroup() { return gl_WorkGroupID.y * 8u + (lane() >> 3); }
#endif

uint blockOf(uint b) { return laneBlock(blockGroup(), b, BLOCKS); }

void finish(float acc[TILE][BLOCKS], uint firstToken, uint count) {
  const uint tokens = min(count - firstToken, TILE), blocks = outputBlocks(BLOCKS), end = endBlock();
  // Not unrolled, as stores take the compiler long: what comes next is moved to the front.
  [[dont_unroll]] for (uint t = 0u; t < tokens; ++t) {
    [[dont_unroll]] for (uint b = 0u; b < blocks; ++b) {
      if (blockOf(b) < end)
        store(p.firstRow + blockOf(b) * 8u + rowInBlock(), firstToken + t, gated(acc[0][0], acc[0][BLOCKS / 2u]));
      [[unroll]] for (uint i = 0u; i + 1u < BLOCKS; ++i) acc[0][i] = acc[0][i + 1u];
    }
    [[unroll]] for (uint i = 0u; i + 1u < TILE; ++i)
      [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) acc[i][b] = acc[i + 1u][b];
  }
}

void main() {
  const uint count = rowCount();
  const uint firstToken = gl_WorkGroupID.x * TILE;
  if (firstToken >= count) return;
#if LANES8
  const uint mine = min(firstToken + lane(), count - 1u) * p.xStride;  // lane i reads token i's activations
#else
  uint rows[TILE];
  [[unroll]] for (uint t = 0u; t < TILE; ++t) rows[t] = min(firstToken + t, count - 1u) * p.xStride;
#endif
  uint base[BLOCKS];
  float acc[TILE][BLOCKS];
  [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) {
    base[b] = min(blockOf(b), p.rowBlocks - 1u) * p.rowPieces * 8u + rowInBlock();
    [[unroll]] for (uint t = 0u; t < TILE; ++t) acc[t][b] = 0.0;
  }
  for (uint g = 0u; g < p.groups; ++g) {
    Group group[BLOCKS];
    Scales scales[BLOCKS];
    [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) {
      group[b] = groupAt(base[b], g);
      scales[b] = scalesAt(base[b], g);
    }
    [[unroll]] for (uint i = 0u; i < 8u; ++i) {
      const uint quad = g * 8u + i;
      vec4 w[BLOCKS];
      [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) w[b] = weights4(group[b], scales[b], i);
#if LANES8
      const vec4 v = activation(mine, quad);
#endif
      [[unroll]] for (uint t = 0u; t < TILE; ++t) {
#if LANES8
        const vec4 xt = subgroupShuffle(v, t);
#else
        const vec4 xt = activation(rows[t], quad);
#endif
        [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) acc[t][b] += dot(w[b], xt);
      }
    }
  }
  finish(acc, firstToken, count);
}
